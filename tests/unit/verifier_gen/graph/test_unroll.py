"""Unrolled recurrent layers against onnxruntime's own operators."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from tests.unit.verifier_gen.graph.networks import network, recurrent, run
from verifier_gen.graph.errors import NetworkError
from verifier_gen.graph.unroll import unroll_recurrent

PEER = Path(__file__).resolve().parents[5] / "shared" / "peer" / "lstm" / "network.onnx"


def operators(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def assert_equal_to_onnxruntime(model: onnx.ModelProto, inputs: dict[str, Any]) -> onnx.ModelProto:
    unrolled = unroll_recurrent(model)
    onnx.checker.check_model(unrolled, full_check=True)
    assert not {"LSTM", "GRU", "RNN"} & set(operators(unrolled))
    for expected, actual in zip(run(model, **inputs), run(unrolled, **inputs), strict=True):
        assert expected.shape == actual.shape
        assert np.abs(expected - actual).max() < 2e-6
    return unrolled


@settings(max_examples=60, deadline=None)
@given(
    operator=st.sampled_from(["LSTM", "GRU", "RNN"]),
    direction=st.sampled_from(["forward", "reverse", "bidirectional"]),
    state=st.sampled_from(["absent", "zero", "constant", "input"]),
    steps=st.integers(1, 5),
    batch=st.integers(1, 3),
    features=st.integers(1, 4),
    hidden=st.integers(1, 5),
    bias=st.booleans(),
    late=st.booleans(),
    seed=st.integers(0, 1 << 30),
)
def test_unroll_any_layer_equals_the_operator(operator: str, late: bool, **layer: Any) -> None:
    attributes = {"linear_before_reset": int(late)} if operator == "GRU" else {}
    outputs = ("Y", "Y_h", "Y_c")
    assert_equal_to_onnxruntime(*recurrent(operator, outputs=outputs, **layer, **attributes))


@pytest.mark.parametrize("operator", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("outputs", [("Y",), ("Y_h",)])
def test_unroll_one_output_only_equals_the_operator(operator: str, outputs: tuple[str, ...]) -> None:
    assert_equal_to_onnxruntime(*recurrent(operator, outputs=outputs, direction="bidirectional"))


@pytest.mark.parametrize("state", ["absent", "constant"])
def test_unroll_coupled_forget_gate_equals_the_operator(state: str) -> None:
    assert_equal_to_onnxruntime(*recurrent("LSTM", input_forget=1, state=state))


def test_unroll_other_activations_equals_the_operator() -> None:
    assert_equal_to_onnxruntime(*recurrent("RNN", activations=["Relu"]))
    assert_equal_to_onnxruntime(*recurrent("LSTM", activations=["Sigmoid", "Relu", "Tanh"]))
    both = ["Sigmoid", "Tanh", "Sigmoid", "Relu"]
    assert_equal_to_onnxruntime(*recurrent("GRU", direction="bidirectional", activations=both))


def test_unroll_zero_state_costs_no_product() -> None:
    model, _ = recurrent("LSTM", steps=1, state="zero", outputs=("Y_h",))
    # i * c~ and o * tanh(c): neither a forget gate nor a recurrent weight
    assert operators(unroll_recurrent(model)).count("Mul") == 2
    assert operators(unroll_recurrent(model)).count("Concat") == 0
    longer, _ = recurrent("LSTM", steps=4, state="zero", outputs=("Y_h",))
    assert operators(unroll_recurrent(longer)).count("MatMul") == 4
    given, _ = recurrent("LSTM", steps=1, state="constant", outputs=("Y_h",))
    assert operators(unroll_recurrent(given)).count("Mul") == 3


def test_unroll_stacked_layers_with_computed_zero_states_equals_the_operators() -> None:
    # as torch exports it: the zero state is made from the shape of the input
    chance = np.random.default_rng(3)
    draw = lambda *shape: chance.uniform(-1, 1, shape).astype(np.float32)  # noqa: E731
    nodes = [
        helper.make_node("Transpose", ["x"], ["steps"], name="to_steps", perm=[1, 0, 2]),
        helper.make_node("Shape", ["steps"], ["shape"], name="shape"),
        helper.make_node("Gather", ["shape", "one"], ["batch"], name="batch"),
        helper.make_node("Concat", ["units_before", "batch", "units"], ["state_shape"], name="state_shape", axis=0),
        helper.make_node("ConstantOfShape", ["state_shape"], ["zeros"], name="zeros"),
        helper.make_node("GRU", ["steps", "w1", "r1", "b1", "", "zeros"], ["y1"], name="first", hidden_size=3),
        helper.make_node("Squeeze", ["y1", "axis"], ["between"], name="squeeze"),
        helper.make_node("LSTM", ["between", "w2", "r2"], ["", "y2"], name="second", hidden_size=2),
    ]
    constants = {
        "one": np.array([1]),
        "units_before": np.array([1]),
        "units": np.array([3]),
        "axis": np.array([1]),
        "w1": draw(1, 9, 2),
        "r1": draw(1, 9, 3),
        "b1": draw(1, 18),
        "w2": draw(1, 8, 3),
        "r2": draw(1, 8, 2),
    }
    model = network(nodes, inputs={"x": [1, 4, 2]}, outputs=["y2"], constants=constants)
    unrolled = assert_equal_to_onnxruntime(model, {"x": draw(1, 4, 2)})
    assert not {"Shape", "Gather", "ConstantOfShape"} & set(operators(unrolled))


@pytest.mark.parametrize(
    ("operator", "attributes", "feature"),
    [
        ("LSTM", {"clip": 3.0}, "clip"),
        ("GRU", {"layout": 1}, "layout"),
        ("RNN", {"activations": ["Softsign"]}, "activations Softsign"),
        ("LSTM", {"activations": ["Sigmoid", "Tanh"]}, "activations Sigmoid, Tanh"),
    ],
)
def test_unroll_unusual_attribute_is_refused_by_name(operator: str, attributes: Any, feature: str) -> None:
    model, _ = recurrent(operator)
    model.graph.node[0].attribute.extend(helper.make_attribute(*item) for item in attributes.items())
    with pytest.raises(NetworkError, match=f"node layer .{operator}. uses {feature}"):
        unroll_recurrent(model)


def with_input(model: onnx.ModelProto, position: int, name: str, values: Any) -> onnx.ModelProto:
    node = model.graph.node[0]
    inputs = [*node.input, *[""] * (position + 1 - len(node.input))]
    inputs[position] = name
    del node.input[:]
    node.input.extend(inputs)
    model.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
    return model


def test_unroll_peepholes_are_refused_unless_zero() -> None:
    held = np.full((1, 9), 0.5, dtype=np.float32)
    with pytest.raises(NetworkError, match=r"node layer \(LSTM\) uses peepholes"):
        unroll_recurrent(with_input(recurrent("LSTM")[0], 7, "P", held))
    unroll_recurrent(with_input(recurrent("LSTM")[0], 7, "P", 0 * held))


def test_unroll_sequence_lengths_are_refused_unless_full() -> None:
    with pytest.raises(NetworkError, match=r"sequence_lens lengths: sequences of different lengths"):
        unroll_recurrent(with_input(recurrent("GRU")[0], 4, "lengths", np.array([2], dtype=np.int32)))
    unroll_recurrent(with_input(recurrent("GRU")[0], 4, "lengths", np.array([3], dtype=np.int32)))


def test_unroll_dynamic_sequence_is_refused() -> None:
    model, _ = recurrent("RNN")
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "steps"
    with pytest.raises(NetworkError, match=r"reads X, whose shape is not"):
        unroll_recurrent(model)


def test_unroll_computed_weights_are_refused() -> None:
    model, _ = recurrent("RNN")
    model.graph.initializer.remove(next(t for t in model.graph.initializer if t.name == "R"))
    model.graph.input.append(helper.make_tensor_value_info("R", 1, [1, 3, 3]))
    with pytest.raises(NetworkError, match="weights R that are computed"):
        unroll_recurrent(model)


@pytest.mark.skipif(not PEER.is_file(), reason="the peer's network is not here")
def test_unroll_peers_network_gives_its_published_outputs() -> None:
    unrolled = unroll_recurrent(onnx.load(PEER))
    for value, expected in ((0.0, -0.1089), (0.1, -0.1324)):
        (output,) = run(unrolled, input=np.full((1, 5, 1), value, dtype=np.float32))
        assert abs(float(output[0, 0]) - expected) < 1e-4
