"""Computes once what does not depend on the inputs, and drops what no output depends on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from verifier_gen.graph.emitter import Array
from verifier_gen.graph.errors import NetworkError

_RANDOM = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
LARGEST_FOLDED = 1 << 24
"""Elements; nothing that fits a circuit is larger."""


def constants(graph: onnx.GraphProto) -> dict[str, Array]:
    """Values of a graph's initializers by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def static_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Shape of every tensor whose shape is known; a dimension without a number leaves its tensor out."""
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        kind = value.type.tensor_type
        if kind.HasField("shape") and all(size.HasField("dim_value") for size in kind.shape.dim):
            shapes[value.name] = tuple(size.dim_value for size in kind.shape.dim)
    return shapes


def fold_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network without nodes that compute constants, `Identity`, `Dropout` and unused nodes.

    Raises:
        NetworkError: a node of constants cannot be computed.
    """
    folded = onnx.ModelProto()
    folded.CopyFrom(model)
    before = len(folded.graph.node) + 1
    # a shape may be known only after the shape before it has been computed
    while len(folded.graph.node) < before:
        before = len(folded.graph.node)
        _fold_once(folded)
    return folded


def _fold_once(model: onnx.ModelProto) -> None:
    graph = model.graph
    values, shapes = constants(graph), static_shapes(model)
    renamed: dict[str, str] = {}
    kept: list[onnx.NodeProto] = []
    outputs = {value.name for value in graph.output}
    for node in graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)
        if node.op_type in ("Identity", "Dropout"):
            if not outputs & set(node.output):
                renamed[node.output[0]] = node.input[0]
            else:
                kept.append(helper.make_node("Identity", [node.input[0]], [node.output[0]], name=node.name))
        elif (known := _value(node, values, shapes, model.opset_import)) is not None and not outputs & set(known):
            values |= known
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    without_unused(model, values)


def without_unused(model: onnx.ModelProto, values: Mapping[str, Array] | None = None) -> onnx.ModelProto:
    """The network without nodes and constants that no output depends on.

    Args:
        model: changed in place and returned.
        values: constants to choose from, by name; those of the model when left out.
    """
    graph = model.graph
    held = constants(graph) if values is None else values
    needed, kept = {value.name for value in graph.output}, []
    for node in reversed(graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    inputs = [value for value in graph.input if value.name not in held]
    del graph.node[:], graph.initializer[:], graph.value_info[:], graph.input[:]
    graph.node.extend(reversed(kept))
    graph.input.extend(inputs)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in held.items() if name in needed)
    return model


def _value(
    node: onnx.NodeProto,
    values: Mapping[str, Array],
    shapes: Mapping[str, tuple[int, ...]],
    opsets: object,
) -> dict[str, Array] | None:
    """What a node computes, if that is the same for all inputs."""
    if node.op_type == "Shape" and node.input[0] in shapes:
        return _shape_value(node, shapes[node.input[0]])
    if node.op_type in _RANDOM or any(name and name not in values for name in node.input):
        return None
    if any(attribute.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) for attribute in node.attribute):
        return None
    outputs = [name for name in node.output if name]
    inputs = {name: values[name] for name in node.input if name}
    try:
        graph = helper.make_graph(
            [node],
            "constant",
            [helper.make_value_info(name, onnx.TypeProto()) for name in inputs],
            [helper.make_value_info(name, onnx.TypeProto()) for name in outputs],
        )
        single = helper.make_model(graph, opset_imports=list(opsets))  # type: ignore[call-overload]  # a protobuf list
        results = [np.asarray(result) for result in ReferenceEvaluator(single).run(None, inputs)]
    except Exception as error:  # the evaluator's exceptions share no base
        raise NetworkError(
            f"node {node.name or node.output[0]} ({node.op_type}) of constant inputs cannot be computed: {error}",
            remedy="Export the network with constant folding",
        ) from error
    if sum(result.size for result in results) > LARGEST_FOLDED:
        return None
    return dict(zip(outputs, results, strict=True))


def _shape_value(node: onnx.NodeProto, shape: tuple[int, ...]) -> dict[str, Array]:
    bounds = {attribute.name: attribute.i for attribute in node.attribute}
    return {node.output[0]: np.asarray(shape[bounds.get("start", 0) : bounds.get("end", len(shape))], dtype=np.int64)}
