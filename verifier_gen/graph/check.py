"""Whether a network can become a circuit; each refusal names the place and what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import onnx
from onnx import TensorProto

from verifier_gen.graph.emitter import Array
from verifier_gen.graph.errors import NetworkError
from verifier_gen.graph.fold import constants, static_shapes
from verifier_gen.graph.operators import SUPPORTED, remedy

OLDEST_OPSET: Final = 7
NEWEST_OPSET: Final = 24
TAG_INPUT: Final = "tag"
"""Name of the request tag's input."""
MOST_INPUTS: Final = 1024
"""Each is an instance that a verification transaction pays about 900 gas for."""
MOST_PRODUCTS: Final = 1 << 22
"""Multiply-accumulates; one takes a row of one column, and 2^22 rows are the most that a circuit here may have."""
_HELD: Final = (TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL)


def check_header(model: onnx.ModelProto) -> None:
    """Check opset and domains, which must be right before anything else can be looked at.

    Raises:
        NetworkError: the opset is too old or new, or a node is of another domain.
    """
    opsets = {item.domain or "ai.onnx": item.version for item in model.opset_import}
    opset = opsets.get("ai.onnx", 0)
    if not OLDEST_OPSET <= opset <= NEWEST_OPSET:
        raise NetworkError(
            f"opset {opset} is not between {OLDEST_OPSET} and {NEWEST_OPSET}", remedy="Export the network at opset 17"
        )
    for node in model.graph.node:
        if node.domain not in ("", "ai.onnx"):
            raise NetworkError(
                f"node {_name(node)} uses {node.op_type} of domain {node.domain}, which EZKL does not know",
                remedy=remedy(node.op_type),
            )


def check_tensors(model: onnx.ModelProto) -> None:
    """Check inputs, outputs and weights: their number, types and shapes.

    Raises:
        NetworkError: something there cannot become instances or constants.
    """
    graph = model.graph
    _check_weights(graph)
    held = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in held]
    data = [value for value in inputs if value.name != TAG_INPUT]
    if len(data) != 1:
        raise NetworkError(
            f"{len(data)} inputs ({', '.join(value.name for value in data)}), a circuit here takes one tensor",
            remedy="Concatenate them to one input and split it inside the network",
        )
    for value in (*inputs, *graph.output):
        _check_value(value)
    count = math.prod(size.dim_value for size in data[0].type.tensor_type.shape.dim)
    if count > MOST_INPUTS:
        raise NetworkError(
            f"input {data[0].name} has {count} values, at most {MOST_INPUTS} can be instances",
            remedy="Reduce the features outside the circuit",
        )


def check_operators(model: onnx.ModelProto) -> None:
    """Check a network that is unrolled already: operators, shapes between them, size.

    Raises:
        NetworkError: EZKL cannot take a node, a shape is not known, or the network is too large.
    """
    # constant nodes have become weights by now
    _check_weights(model.graph)
    values = constants(model.graph)
    for node in model.graph.node:
        if node.op_type not in SUPPORTED:
            raise NetworkError(
                f"node {_name(node)} uses operator {node.op_type}, which EZKL 23.0.5 does not take",
                remedy=remedy(node.op_type),
            )
        _check_form(node, values)
    shapes = static_shapes(model)
    for node in model.graph.node:
        unknown = [name for name in node.output if name and name not in shapes]
        if unknown:
            raise NetworkError(
                f"node {_name(node)} ({node.op_type}) gives {unknown[0]}, whose shape is not known before it runs",
                remedy="Export the network with fixed shapes",
            )
    products = sum(_products(node, shapes) for node in model.graph.node)
    if products > MOST_PRODUCTS:
        raise NetworkError(
            f"{products} multiplications, more than the {MOST_PRODUCTS} rows of the largest circuit",
            remedy="Train a smaller network",
        )


def _check_weights(graph: onnx.GraphProto) -> None:
    for tensor in graph.initializer:
        if tensor.data_type not in _HELD:
            raise NetworkError(
                f"weights {tensor.name} are {_type_name(tensor.data_type)}",
                remedy="Export the network in float32, for instance with model.float() in torch",
            )


def _check_form(node: onnx.NodeProto, values: Mapping[str, Array]) -> None:
    """Refuse forms of supported operators that EZKL does not take."""
    dilations = [size for attribute in node.attribute if attribute.name == "dilations" for size in attribute.ints]
    wide = any(name in values and values[name].size > 1 for name in node.input)
    refused = {
        "dilations": any(size != 1 for size in dilations),
        "an exponent that is not one constant": node.op_type == "Pow"
        and (node.input[1] not in values or values[node.input[1]].size != 1),
        "a constant of more than one value": node.op_type in ("Max", "Min") and wide,
    }
    for form, present in refused.items():
        if present:
            raise NetworkError(
                f"node {_name(node)} ({node.op_type}) has {form}, which EZKL 23.0.5 does not take",
                remedy="Write it with plain operators before exporting",
            )


def _check_value(value: onnx.ValueInfoProto) -> None:
    kind = value.type.tensor_type
    if value.type.WhichOneof("value") != "tensor_type" or kind.elem_type != TensorProto.FLOAT:
        found = _type_name(kind.elem_type) if value.type.WhichOneof("value") == "tensor_type" else "not a tensor"
        raise NetworkError(f"{value.name} is {found}", remedy="Inputs and outputs are float32: cast inside the network")
    sizes = [size.dim_value if size.HasField("dim_value") else (size.dim_param or "?") for size in kind.shape.dim]
    if not kind.HasField("shape") or any(not isinstance(size, int) or size < 1 for size in sizes):
        raise NetworkError(
            f"{value.name} has shape {sizes or '?'}, a circuit has fixed sizes",
            remedy="Export the network with batch size 1 and every size in numbers (no dynamic_axes)",
        )


def _products(node: onnx.NodeProto, shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Multiply-accumulates of a node."""
    if node.op_type == "MatMul":
        return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]
    if node.op_type == "Gemm":
        transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
        return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][0 if transposed else 1]
    if node.op_type == "Conv":
        return math.prod(shapes[node.output[0]]) * math.prod(shapes[node.input[1]][1:])
    return 0


def _name(node: onnx.NodeProto) -> str:
    return node.name or (node.output[0] if node.output else "without name")


def _type_name(kind: int) -> str:
    return TensorProto.DataType.Name(kind).lower() if kind in TensorProto.DataType.values() else f"type {kind}"
