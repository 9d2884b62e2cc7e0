"""Graph rewrites: the network stays what it is, and each does what it is for."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from verifier_gen.graph.errors import NetworkError
from verifier_gen.graph.prepare import prepare
from verifier_gen.graph.rewrites import rewrite
from verifier_gen.graph.rewrites_kinds import Rewrite

UNITS, STEPS, FEATURES = 3, 4, 2


def lstm(layers: int = 1, *, dense_bias: bool = True) -> onnx.ModelProto:
    """A random LSTM as a framework exports it, unrolled."""
    chance = np.random.default_rng(layers)
    nodes = [helper.make_node("Reshape", ["x", "sequence"], ["steps0"])]
    constants = [
        numpy_helper.from_array(np.array([STEPS, 1, FEATURES]), "sequence"),
        numpy_helper.from_array(np.array([STEPS, 1, UNITS]), "again"),
        numpy_helper.from_array(np.array([1, UNITS]), "last"),
    ]
    for layer in range(layers):
        size = FEATURES if layer == 0 else UNITS
        for name, shape in (("w", (1, 4 * UNITS, size)), ("r", (1, 4 * UNITS, UNITS)), ("b", (1, 8 * UNITS))):
            values = chance.normal(0, 0.7, shape).astype(np.float32)
            constants.append(numpy_helper.from_array(values, f"{name}{layer}"))
        inputs = [f"steps{layer}", f"w{layer}", f"r{layer}", f"b{layer}"]
        nodes.append(helper.make_node("LSTM", inputs, [f"all{layer}", f"state{layer}"], hidden_size=UNITS))
        nodes.append(helper.make_node("Reshape", [f"all{layer}", "again"], [f"steps{layer + 1}"]))
    constants.append(numpy_helper.from_array(chance.normal(0, 1, (UNITS, 2)).astype(np.float32), "d"))
    constants.append(numpy_helper.from_array(chance.normal(0, 1, 2).astype(np.float32), "e"))
    nodes.append(helper.make_node("Reshape", [f"state{layers - 1}", "last"], ["h"]))
    nodes.append(helper.make_node("Gemm", ["h", "d", "e"] if dense_bias else ["h", "d"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "lstm",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, STEPS * FEATURES])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])],
        constants,
    )
    return prepare(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), 0)


def outputs(model: onnx.ModelProto) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    inputs = np.random.default_rng(5).uniform(-1, 1, (20, 1, STEPS * FEATURES)).astype(np.float32)
    return np.concatenate([session.run(None, {"x": row})[0] for row in inputs])


def operators(model: onnx.ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in model.graph.node)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("chosen", [(), *((kind,) for kind in Rewrite), tuple(Rewrite)])
def test_rewrite_any_choice_network_computes_the_same(layers: int, chosen: tuple[Rewrite, ...]) -> None:
    model = lstm(layers)
    rewritten = rewrite(model, chosen)
    onnx.checker.check_model(rewritten)
    # rounding weights to 2^-15 is what late rescaling changes
    assert np.abs(outputs(rewritten) - outputs(model)).max() < 2e-3
    assert [value.name for value in rewritten.graph.output] == ["y"]


def test_rewrite_separate_gates_no_gate_is_sliced() -> None:
    before, after = operators(lstm()), operators(rewrite(lstm(), [Rewrite.SEPARATE_GATES]))
    # what is left cuts the inputs into steps
    assert after["Slice"] == STEPS < before["Slice"]


def test_rewrite_one_table_leaves_no_tanh() -> None:
    after = operators(rewrite(lstm(), [Rewrite.ONE_TABLE]))
    assert after["Tanh"] == 0 < operators(lstm())["Tanh"]


def test_rewrite_summed_products_one_scalar_product_per_step_but_the_first() -> None:
    after = operators(rewrite(lstm(2), [Rewrite.SEPARATE_GATES, Rewrite.ONE_TABLE, Rewrite.SUMMED_PRODUCTS]))
    assert after["Einsum"] == 2 * (STEPS - 1)


def test_rewrite_late_rescaling_weights_are_integers() -> None:
    rewritten = rewrite(lstm(), [Rewrite.LATE_RESCALING], weight_bits=9)
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in rewritten.graph.initializer}
    weights = [held[node.input[1]] for node in rewritten.graph.node if node.op_type == "MatMul"]
    assert weights
    assert all(np.array_equal(array, np.round(array)) for array in weights)
    scalars = [held[node.input[1]] for node in rewritten.graph.node if node.op_type == "Mul" and node.input[1] in held]
    assert scalars
    assert all(array.item() == 2.0**-9 for array in scalars)


def test_rewrite_late_rescaling_without_bias_is_refused() -> None:
    with pytest.raises(NetworkError, match="has no bias"):
        rewrite(lstm(dense_bias=False), [Rewrite.LATE_RESCALING])


def test_rewrite_single_use_no_two_constants_are_equal() -> None:
    rewritten = rewrite(lstm(), list(Rewrite))
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in rewritten.graph.initializer}
    floats = {name: array for name, array in held.items() if array.dtype == np.float32 and array.size > 1}
    contents = {(array.shape, array.tobytes()) for array in floats.values()}
    assert len(contents) == len(floats)
    uses = Counter(name for node in rewritten.graph.node for name in node.input if name in floats)
    assert set(uses.values()) == {1}


def test_rewrite_given_model_is_not_changed() -> None:
    model = lstm()
    before = model.SerializeToString(deterministic=True)
    rewrite(model, list(Rewrite))
    assert model.SerializeToString(deterministic=True) == before


def test_rewrite_same_network_same_bytes() -> None:
    first, second = (rewrite(lstm(), list(Rewrite)).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second
