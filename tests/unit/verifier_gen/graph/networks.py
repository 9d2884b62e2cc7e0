"""Small ONNX networks, and running them with onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def network(
    nodes: list[onnx.NodeProto],
    *,
    inputs: dict[str, list[int | str]],
    outputs: list[str],
    constants: dict[str, Array] | None = None,
    opset: int = 15,
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """A model; shapes of outputs are inferred."""
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return onnx.shape_inference.infer_shapes(model)


def run(model: onnx.ModelProto, **inputs: Array) -> list[Array]:
    """Outputs by onnxruntime."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return [np.asarray(output) for output in session.run(None, inputs)]


def recurrent(
    operator: str,
    *,
    steps: int = 3,
    batch: int = 1,
    features: int = 2,
    hidden: int = 3,
    direction: str = "forward",
    bias: bool = True,
    state: str = "absent",
    outputs: tuple[str, ...] = ("Y", "Y_h"),
    seed: int = 0,
    **attributes: Any,
) -> tuple[onnx.ModelProto, dict[str, Array]]:
    """A network of one recurrent node, and inputs for it.

    Args:
        state: absent, zero, constant or input.
    """
    chance = np.random.default_rng(seed)

    def draw(*shape: int) -> Array:
        return chance.uniform(-1, 1, shape).astype(np.float32)

    directions, gates = (2 if direction == "bidirectional" else 1), GATES[operator] * hidden
    constants = {"W": draw(directions, gates, features), "R": draw(directions, gates, hidden)}
    names = ["X", "W", "R", "", "", "", ""]
    if bias:
        constants["B"], names[3] = draw(directions, 2 * gates), "B"
    shapes: dict[str, list[int | str]] = {"X": [steps, batch, features]}
    given = {"X": draw(steps, batch, features)}
    for i, name in enumerate(["h0", "c0"] if operator == "LSTM" else ["h0"]):
        if state == "absent":
            continue
        names[5 + i] = name
        values = draw(directions, batch, hidden)
        if state == "input":
            shapes[name], given[name] = list(values.shape), values
        else:
            constants[name] = values if state == "constant" else np.zeros_like(values)
    while not names[-1]:
        names.pop()
    wanted = ["Y", "Y_h", "Y_c"][: 3 if operator == "LSTM" else 2]
    node = helper.make_node(
        operator,
        names,
        [name if name in outputs else "" for name in wanted],
        name="layer",
        hidden_size=hidden,
        direction=direction,
        **attributes,
    )
    asked = [name for name in wanted if name in outputs]
    return network([node], inputs=shapes, outputs=asked, constants=constants), given
