"""Reads an ONNX file; the only module of the reference that imports onnx."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships without stubs
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from verifier_gen.reference.program import ReferenceCircuitError

Constant: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class NetworkNode:
    """One ONNX node.

    Attributes:
        operator: ONNX operator.
        name: of the node, or of its first output where it has none.
        inputs: names of values; empty where an optional input is left out.
        outputs: names of values.
        attributes: by name, as Python and numpy values.
    """

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


@dataclass(frozen=True)
class NetworkInput:
    """An input of the network; integers are not scaled by EZKL.

    Attributes:
        name: of the value.
        is_integer: whether its elements are.
        shape: as the file says; None where a dimension is not fixed.
    """

    name: str
    is_integer: bool
    shape: tuple[int, ...] | None


@dataclass(frozen=True)
class Network:
    """An ONNX graph.

    Attributes:
        inputs: without the initializers.
        outputs: names.
        constants: initializers by name.
        nodes: in an order in which they can be computed.
        opset: version of the standard operators.
    """

    inputs: tuple[NetworkInput, ...]
    outputs: tuple[str, ...]
    constants: dict[str, Constant]
    nodes: tuple[NetworkNode, ...]
    opset: int


def read_network(path: Path) -> Network:
    """Parse an ONNX file.

    Raises:
        ReferenceCircuitError: the file is missing, or not ONNX.
    """
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise ReferenceCircuitError(f"cannot read network {path}: {error.strerror}") from error
    except DecodeError as error:
        raise ReferenceCircuitError(f"{path} is not an ONNX file", remedy="Give the network's .onnx") from error
    graph = model.graph
    constants: dict[str, Constant] = {
        tensor.name: np.asarray(numpy_helper.to_array(tensor)) for tensor in graph.initializer
    }
    inputs = [
        NetworkInput(value.name, _is_integer(value.type.tensor_type.elem_type), _fixed_shape(value))
        for value in graph.input
        if value.name not in constants
    ]
    return Network(
        inputs=tuple(inputs),
        outputs=tuple(value.name for value in graph.output),
        constants=constants,
        nodes=tuple(_node(node) for node in graph.node),
        opset=next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0),
    )


def _is_integer(element_type: int) -> bool:
    return bool(np.issubdtype(helper.tensor_dtype_to_np_dtype(element_type), np.integer))


def _node(node: Any) -> NetworkNode:
    attributes = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        attributes[attribute.name] = (
            np.asarray(numpy_helper.to_array(value)) if isinstance(value, onnx.TensorProto) else value
        )
    return NetworkNode(
        operator=node.op_type,
        name=node.name or node.output[0],
        inputs=tuple(node.input),
        outputs=tuple(node.output),
        attributes=attributes,
    )


def _fixed_shape(value: onnx.ValueInfoProto) -> tuple[int, ...] | None:
    sizes = tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim)
    return sizes if sizes and all(sizes) else None
