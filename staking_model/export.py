"""Weights to ONNX: the network unrolled into plain operators, with the request tag as a second input.

No LSTM operator: EZKL gives silently wrong outputs for it under some settings, and the unrolled graph has fewer rows.
The same weights always give the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships without stubs
from onnx import TensorProto, helper, numpy_helper

from staking_model.features import FEATURES, INPUTS, WINDOW
from staking_model.network import OUTPUTS, Weights, WeightsError, check_weights

OPSET: Final = 15
IR_VERSION: Final = 8
FEATURES_INPUT: Final = "features"
"""float32 [1, 32] in [-1, 1]."""
TAG_INPUT: Final = "tag"
"""float32 [1, tag limbs]; bound by the proof, without effect on the scores."""
SCORES_OUTPUT: Final = "scores"
"""float32 [1, 2] in (0, 1): staking duration over MAX_DURATION, exit risk."""


class _Graph:
    """Collects nodes and constants under readable names."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: object, dtype: type = np.float32) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(values, dtype=dtype), name)
        return name

    def add(self, operator: str, *inputs: str, name: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def columns(self, source: str, start: int, stop: int, *, name: str) -> str:
        bounds = [self.constant(f"index_{i}", [i], np.int64) for i in (start, stop, 1)]
        return self.add("Slice", source, *bounds, bounds[2], name=name)


def build_onnx(weights: Weights, *, tag_limbs: int) -> onnx.ModelProto:
    """The network as an ONNX graph.

    Args:
        weights: in circuit form, within their bounds.
        tag_limbs: limbs of the request tag; 0 leaves the tag out.

    Raises:
        WeightsError: the circuit could not hold the weights.
    """
    check_weights(weights)
    graph = _Graph()
    state: str | None = None
    cell: str | None = None
    for step in range(WINDOW):
        state, cell = _step(graph, weights, step, state, cell)
    assert state is not None  # noqa: S101 - the window is not empty; tells mypy so
    product = graph.add("MatMul", state, graph.constant("head", weights.head), name="head_product")
    logits = graph.add("Add", product, graph.constant("head_bias", weights.head_bias[None]), name="logits")
    scores = "bare_scores" if tag_limbs else SCORES_OUTPUT
    graph.add("Sigmoid", logits, name=scores)
    inputs = [helper.make_tensor_value_info(FEATURES_INPUT, TensorProto.FLOAT, [1, INPUTS])]
    if tag_limbs:
        inputs.append(helper.make_tensor_value_info(TAG_INPUT, TensorProto.FLOAT, [1, tag_limbs]))
        _add_tag(graph, scores)
    onnx_graph = helper.make_graph(
        graph.nodes,
        "staking_lstm",
        inputs,
        [helper.make_tensor_value_info(SCORES_OUTPUT, TensorProto.FLOAT, [1, OUTPUTS])],
        list(graph.constants.values()),
    )
    model = helper.make_model(
        onnx_graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="veristake",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def onnx_bytes(weights: Weights, *, tag_limbs: int) -> bytes:
    """:func:`build_onnx` as the bytes of a file."""
    return bytes(build_onnx(weights, tag_limbs=tag_limbs).SerializeToString(deterministic=True))


def read_weights(path: Path) -> Weights:
    """Weights of a network that :func:`build_onnx` wrote.

    Raises:
        WeightsError: the file is missing, or another network.
    """
    remedy = "Give the staking model's ONNX file"
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}", remedy=remedy) from error
    except DecodeError as error:
        raise WeightsError(f"{path} is not an ONNX file", remedy=remedy) from error
    held = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64) for tensor in model.graph.initializer}
    try:
        gates, gate_bias, head, head_bias = (held[name] for name in ("gates", "gate_bias", "head", "head_bias"))
    except KeyError as error:
        raise WeightsError(f"{path} holds no weights named {error}", remedy=remedy) from error
    weights = Weights(gates=gates, gate_bias=gate_bias[0], head=head, head_bias=head_bias[0])
    check_weights(weights)
    return weights


def _step(graph: _Graph, weights: Weights, step: int, state: str | None, cell: str | None) -> tuple[str, str]:
    hidden = weights.hidden
    epoch = graph.columns(FEATURES_INPUT, FEATURES * step, FEATURES * (step + 1), name=f"x{step}")
    if state is None:  # the first state is zero: only the features' rows count
        product = graph.add(
            "MatMul", epoch, graph.constant("first_gates", weights.gates[:FEATURES]), name=f"product{step}"
        )
    else:
        joined = graph.add("Concat", epoch, state, name=f"joined{step}", axis=1)
        product = graph.add("MatMul", joined, graph.constant("gates", weights.gates), name=f"product{step}")
    arguments = graph.add("Add", product, graph.constant("gate_bias", weights.gate_bias[None]), name=f"arguments{step}")
    gates = graph.add("Sigmoid", arguments, name=f"gates{step}")
    forget = graph.columns(gates, 0, hidden, name=f"forget{step}")
    output = graph.columns(gates, hidden, 2 * hidden, name=f"output{step}")
    candidate = graph.columns(gates, 2 * hidden, 3 * hidden, name=f"candidate{step}")
    before = cell if cell is not None else graph.constant("first_cell", np.full((1, hidden), 0.5))
    change = graph.add("Sub", before, candidate, name=f"change{step}")
    kept = graph.add("Mul", forget, change, name=f"kept{step}")
    cell = graph.add("Add", candidate, kept, name=f"cell{step}")
    # 4 c - 2 by additions: a product with a constant would cost a rescaling
    twice = graph.add("Add", cell, cell, name=f"twice{step}")
    centred = graph.add("Sub", twice, graph.constant("one", np.ones((1, hidden))), name=f"centred{step}")
    argument = graph.add("Add", centred, centred, name=f"cell_argument{step}")
    squashed = graph.add("Sigmoid", argument, name=f"squashed{step}")
    shifted = graph.add("Sub", squashed, graph.constant("half", np.full((1, hidden), 0.5)), name=f"shifted{step}")
    return graph.add("Mul", output, shifted, name=f"state{step}"), cell


def _add_tag(graph: _Graph, scores: str) -> None:
    """Binds the tag: its sum times zero, so that it is a public input once and changes nothing."""
    total = graph.add("ReduceSum", TAG_INPUT, graph.constant("index_1", [1], np.int64), name="tag_sum", keepdims=1)
    nothing = graph.add("Mul", total, graph.constant("zero", np.zeros((1, 1))), name="tag_times_zero")
    graph.add("Add", scores, nothing, name=SCORES_OUTPUT)
