"""Networks that become circuits, and the one clear error of each that cannot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.unit.verifier_gen.graph.networks import network, recurrent, run
from verifier_gen.graph.errors import NetworkError
from verifier_gen.graph.network import load_network
from verifier_gen.graph.prepare import prepare, prepare_file


def ones(*shape: int) -> Any:
    return np.ones(shape, dtype=np.float32)


def dense(operator: str = "Sigmoid", opset: int = 15) -> onnx.ModelProto:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"], name="product"),
        helper.make_node(operator, ["h"], ["y"], name="bend"),
    ]
    return network(nodes, inputs={"x": [1, 3]}, outputs=["y"], constants={"w": 0.5 * ones(3, 2)}, opset=opset)


def operators(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def test_prepare_adds_a_tag_that_changes_no_output() -> None:
    tagged = prepare(dense(), 8)
    onnx.checker.check_model(tagged, full_check=True)
    assert [value.name for value in tagged.graph.input] == ["x", "tag"]
    assert [value.name for value in tagged.graph.output] == ["y"]
    x, limbs = ones(1, 3), np.full((1, 8), 65535, dtype=np.float32)
    assert np.array_equal(run(tagged, x=x, tag=limbs)[0], run(dense(), x=x)[0])


def test_prepare_no_limbs_adds_nothing() -> None:
    assert [value.name for value in prepare(dense(), 0).graph.input] == ["x"]


def test_prepare_twice_changes_nothing() -> None:
    once = prepare(dense(), 8)
    assert prepare(once, 8).SerializeToString(deterministic=True) == once.SerializeToString(deterministic=True)


def test_prepare_tag_of_another_length_is_refused() -> None:
    with pytest.raises(NetworkError, match="brings a tag of 8 limbs, 9 are wanted"):
        prepare(prepare(dense(), 8), 9)


def test_prepare_output_of_three_dimensions_keeps_its_shape() -> None:
    model, inputs = recurrent("GRU", outputs=("Y_h",))
    tagged = prepare(model, 4)
    (expected,), (actual,) = run(model, **inputs), run(tagged, tag=ones(1, 4), **inputs)
    assert expected.shape == actual.shape
    assert np.abs(expected - actual).max() < 1e-6


def test_prepare_output_that_is_read_inside_is_tagged_at_the_end_only() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["y"], name="first"),
        helper.make_node("Sigmoid", ["y"], ["z"], name="second"),
    ]
    model = network(nodes, inputs={"x": [1, 3]}, outputs=["y", "z"])
    tagged = prepare(model, 2)
    for expected, actual in zip(run(model, x=ones(1, 3)), run(tagged, x=ones(1, 3), tag=ones(1, 2)), strict=True):
        assert np.array_equal(expected, actual)


def test_prepare_old_opset_is_converted() -> None:
    old = dense(opset=9)
    prepared = prepare(old, 2)
    assert prepared.opset_import[0].version == 13
    assert np.allclose(run(prepared, x=ones(1, 3), tag=ones(1, 2))[0], run(old, x=ones(1, 3))[0])


def test_prepare_convolution_without_strides_gets_them() -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], name="filter")
    prepared = prepare(network([node], inputs={"x": [1, 1, 3, 3]}, outputs=["y"], constants={"w": ones(1, 1, 2, 2)}), 0)
    (strides,) = (item.ints for item in prepared.graph.node[0].attribute if item.name == "strides")
    assert list(strides) == [1, 1]


def test_prepare_file_writes_the_same_bytes_each_time(tmp_path: Path) -> None:
    onnx.save(dense(), tmp_path / "given.onnx")
    results = [prepare_file(tmp_path / "given.onnx", tmp_path / name, 8) for name in ("a", "b")]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (results[0].inputs, results[0].outputs, results[0].tag_limbs) == (3, 2, 8)


def dynamic(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"


def integer_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64


def second_input(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 3]))


def double_weights(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((3, 2)), "w"))


def half_weights(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((3, 2), dtype=np.float16), "w"))


def foreign(model: onnx.ModelProto) -> None:
    model.graph.node[1].domain = "com.example"


def ancient(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 6


def future(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 99


def without_shape(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.ClearField("shape")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dynamic, r"x has shape \['batch', 3\], a circuit has fixed sizes"),
        (integer_input, "x is int64"),
        (second_input, r"2 inputs \(x, z\), a circuit here takes one tensor"),
        (double_weights, "weights w are double"),
        (half_weights, "weights w are float16"),
        (foreign, "node bend uses Sigmoid of domain com.example"),
        (ancient, "opset 6 is not between 7 and 24"),
        (future, "opset 99 is not between 7 and 24"),
        (without_shape, r"y has shape \?"),
    ],
)
def test_prepare_bad_network_is_refused_in_one_sentence(
    change: Callable[[onnx.ModelProto], None], message: str
) -> None:
    model = dense()
    change(model)
    with pytest.raises(NetworkError, match=message) as caught:
        prepare(model, 8)
    assert caught.value.remedy


@pytest.mark.parametrize(("operator", "remedy"), [("Det", "plain operators"), ("NonZero", "mask it")])
def test_prepare_unknown_operator_is_named_with_its_node(operator: str, remedy: str) -> None:
    node = helper.make_node(operator, ["x"], ["n"], name="odd")
    cast = helper.make_node("Cast", ["n"], ["y"], name="cast", to=TensorProto.FLOAT)
    model = network([node, cast], inputs={"x": [2, 2]}, outputs=["y"])
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, [1]))
    with pytest.raises(NetworkError, match=f"node odd uses operator {operator}") as caught:
        prepare(model, 0)
    assert remedy in caught.value.remedy


def test_prepare_operator_that_ezkl_computes_wrong_is_refused() -> None:
    model = network([helper.make_node("Trilu", ["x"], ["y"], name="corner")], inputs={"x": [3, 3]}, outputs=["y"])
    with pytest.raises(NetworkError, match="node corner uses operator Trilu") as caught:
        prepare(model, 0)
    assert "computes it wrong" in caught.value.remedy


@pytest.mark.parametrize(
    ("node", "constant", "form"),
    [
        (helper.make_node("Pow", ["x", "c"], ["y"], name="odd"), ones(1, 4), "exponent that is not one constant"),
        (helper.make_node("Max", ["x", "c"], ["y"], name="odd"), ones(1, 4), "constant of more than one value"),
        (helper.make_node("Conv", ["x", "c"], ["y"], name="odd", dilations=[2]), ones(1, 1, 2), "dilations"),
    ],
)
def test_prepare_form_that_ezkl_refuses_is_named(node: onnx.NodeProto, constant: Any, form: str) -> None:
    shape: list[int | str] = [1, 1, 4] if node.op_type == "Conv" else [1, 4]
    model = network([node], inputs={"x": shape}, outputs=["y"], constants={"c": constant})
    with pytest.raises(NetworkError, match=rf"node odd .* has .*{form}"):
        prepare(model, 0)


def test_prepare_too_many_inputs_names_the_count() -> None:
    model = network([helper.make_node("Relu", ["x"], ["y"])], inputs={"x": [1, 1025]}, outputs=["y"])
    with pytest.raises(NetworkError, match="input x has 1025 values, at most 1024"):
        prepare(model, 0)


def test_prepare_network_larger_than_any_circuit_is_refused() -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], name="wide")]
    model = network(nodes, inputs={"x": [1, 1024]}, outputs=["y"], constants={"w": ones(1024, 4097)})
    with pytest.raises(NetworkError, match="4195328 multiplications, more than the 4194304 rows"):
        prepare(model, 0)


def test_prepare_name_of_the_tag_taken_is_refused() -> None:
    model = network([helper.make_node("Relu", ["x"], ["tag"])], inputs={"x": [1, 2]}, outputs=["tag"])
    with pytest.raises(NetworkError, match="the name tag is taken"):
        prepare(model, 8)


@pytest.mark.parametrize("content", [b"", b"not a network at all", b"\x00" * 64, b'{"json": true}'])
def test_load_network_not_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(NetworkError, match="is not an ONNX file"):
        load_network(tmp_path / "net.onnx")


def test_load_network_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="cannot be read: No such file"):
        load_network(tmp_path / "net.onnx")


def test_load_network_malformed_graph_is_refused(tmp_path: Path) -> None:
    model = dense()
    model.graph.node[0].input[0] = "nobody"
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(NetworkError, match="is malformed"):
        load_network(tmp_path / "net.onnx")


def test_load_network_external_data_is_read_or_missed_by_name(tmp_path: Path) -> None:
    onnx.save(dense(), tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    held = load_network(tmp_path / "net.onnx").graph.initializer[0]
    assert np.array_equal(numpy_helper.to_array(held), 0.5 * ones(3, 2))
    (tmp_path / "net.data").unlink()
    with pytest.raises(NetworkError, match=r"keeps weights in net\.data, which cannot be read"):
        load_network(tmp_path / "net.onnx")


@pytest.mark.parametrize("operator", ["Identity", "Dropout"])
def test_prepare_network_that_ends_in_a_node_without_effect_is_taken(operator: str) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["h"], name="bend"),
        helper.make_node(operator, ["h"], ["y"], name="end"),
    ]
    model = network(nodes, inputs={"x": [1, 3]}, outputs=["y"])
    assert np.array_equal(run(prepare(model, 2), x=ones(1, 3), tag=ones(1, 2))[0], ones(1, 3))


def test_prepare_shapes_that_hang_on_folded_shapes_are_computed() -> None:
    # the second Shape is known only after the first Reshape's shape has been computed
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], name="first"),
        helper.make_node("Div", ["s", "half"], ["t"], name="halve"),
        helper.make_node("Concat", ["t", "rest"], ["to"], name="to", axis=0),
        helper.make_node("Reshape", ["x", "to"], ["h"], name="reshape"),
        helper.make_node("Shape", ["h"], ["u"], name="second"),
        helper.make_node("ConstantOfShape", ["u"], ["zeros"], name="zeros"),
        helper.make_node("Add", ["h", "zeros"], ["y"], name="sum"),
    ]
    constants = {"half": np.array([1, 3]), "rest": np.array([-1])}
    model = network(nodes, inputs={"x": [2, 6]}, outputs=["y"], constants=constants)
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2, 3]))
    prepared = prepare(model, 0)
    assert set(operators(prepared)) == {"Reshape", "Add"}
    assert run(prepared, x=ones(2, 6))[0].shape == (2, 2, 3)


def test_prepare_double_weights_in_a_constant_node_are_refused() -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["d"], name="widen", to=TensorProto.DOUBLE),
        helper.make_node("Constant", [], ["w"], name="weights", value=numpy_helper.from_array(np.ones((3, 2)))),
        helper.make_node("MatMul", ["d", "w"], ["h"], name="product"),
        helper.make_node("Cast", ["h"], ["y"], name="narrow", to=TensorProto.FLOAT),
    ]
    with pytest.raises(NetworkError, match="weights w are double"):
        prepare(network(nodes, inputs={"x": [1, 3]}, outputs=["y"]), 0)
