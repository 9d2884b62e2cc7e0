"""Small ONNX networks and EZKL settings for the tests of the integer reference."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Builds an ONNX file node by node."""

    def __init__(self, **inputs: list[int]) -> None:
        self.inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: object, dtype: type = np.float32) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        name = f"{operator.lower()}{len(self.nodes)}"
        names = [name] if outputs == 1 else [f"{name}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=name, **attributes))
        return name

    def columns(self, source: str, start: int, stop: int) -> str:
        bounds = [self.constant([x], np.int64) for x in (start, stop, 1)]
        return self.add("Slice", source, *bounds)

    def save(self, path: Path, *outputs: str) -> Path:
        results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "network", self.inputs, results, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
        path.write_bytes(model.SerializeToString())
        return path


def write_settings(
    path: Path,
    shapes: list[list[int]],
    *,
    scale: int,
    param_scale: int | None = None,
    multiplier: int = 1,
    lookup_range: tuple[int, int] = (-(1 << 15), 1 << 15),
) -> Path:
    """EZKL's settings as far as the reference reads them."""
    arguments = {
        "input_scale": scale,
        "param_scale": scale if param_scale is None else param_scale,
        "rebase_scale": None,
        "scale_rebase_multiplier": multiplier,
        "rebase_frac_zero_constants": False,
        "lookup_range": list(lookup_range),
        "decomp_base": 16384,
        "decomp_legs": 2,
    }
    path.write_text(json.dumps({"run_args": arguments, "model_instance_shapes": shapes}), "utf-8")
    return path


def coupled_cell(graph: Graph, forget: str, before: str, candidate: str) -> str:
    """candidate + forget (before - candidate)."""
    change = graph.add("Sub", before, candidate)
    return graph.add("Add", candidate, graph.add("Mul", forget, change))


def recurrent_network(path: Path, seed: int, *, inputs: int, hidden: int, steps: int, strength: float) -> Path:
    """A coupled-gate recurrent network with random weights, in the shape of the staking model."""
    generator = np.random.default_rng(seed)
    graph = Graph(features=[1, inputs * steps])
    cell = graph.constant(np.full((1, hidden), 0.5))
    state: str | None = None
    for step in range(steps):
        now = graph.columns("features", inputs * step, inputs * (step + 1))
        joined = now if state is None else graph.add("Concat", now, state, axis=1)
        rows = inputs if state is None else inputs + hidden
        weights = graph.constant(generator.normal(0, strength, (rows, 3 * hidden)))
        bias = graph.constant(generator.normal(0, strength, (1, 3 * hidden)))
        gates = graph.add("Sigmoid", graph.add("Add", graph.add("MatMul", joined, weights), bias))
        forget, output, candidate = (graph.columns(gates, hidden * i, hidden * (i + 1)) for i in range(3))
        cell = coupled_cell(graph, forget, cell, candidate)
        state = graph.add("Mul", output, graph.add("Sigmoid", cell))
    assert state is not None
    head = graph.constant(generator.normal(0, 1, (hidden, 2)))
    return graph.save(path, graph.add("Sigmoid", graph.add("MatMul", state, head)))
