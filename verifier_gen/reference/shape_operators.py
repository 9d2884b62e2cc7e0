"""ONNX operators that only move elements: numpy moves positions, and the step keeps where each came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from verifier_gen.reference.build import Joined, Known, StepList, Value, Wire
from verifier_gen.reference.network import NetworkNode
from verifier_gen.reference.program import ReferenceCircuitError

Move = Callable[[NDArray[Any]], NDArray[Any]]


def known_integers(node: NetworkNode, value: Value | None) -> list[int]:
    """A shape argument, which must be a constant.

    Raises:
        ReferenceCircuitError: it is computed from the inputs.
    """
    if not isinstance(value, Known):
        raise ReferenceCircuitError(
            f"node {node.name} ({node.operator}) takes a shape that is not constant",
            remedy="Export the network with fixed shapes",
        )
    return [int(x) for x in value.values.reshape(-1)]


def _argument(node: NetworkNode, inputs: list[Value | None], position: int, attribute: str) -> list[int] | None:
    """A list that older opsets have as attribute and newer ones as input."""
    if len(inputs) > position and inputs[position] is not None:
        return known_integers(node, inputs[position])
    held = node.attributes.get(attribute)
    return None if held is None else [int(x) for x in held]


def _moved(steps: StepList, value: Value, move: Move) -> Value:
    if isinstance(value, Known):
        return Known(move(value.values))
    shape = steps.shape(value)
    return steps.arranged([value], np.ascontiguousarray(move(np.arange(np.prod(shape, dtype=int)).reshape(shape))))


def _first(node: NetworkNode, inputs: list[Value | None]) -> Value:
    if not inputs or inputs[0] is None:
        raise ReferenceCircuitError(f"node {node.name} ({node.operator}) has no input")
    return inputs[0]


def _identity(_steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    return [_first(node, inputs)]


def _constant(_steps: StepList, node: NetworkNode, _inputs: list[Value | None]) -> list[Value]:
    for name, dtype in (("value_float", np.float32), ("value_floats", np.float32), ("value_int", np.int64)):
        if name in node.attributes:
            return [Known(np.asarray(node.attributes[name], dtype=dtype))]
    held = node.attributes.get("value", node.attributes.get("value_ints"))
    if held is None:
        raise ReferenceCircuitError(f"constant {node.name} holds neither numbers nor a tensor")
    return [Known(np.asarray(held))]


def _reshape(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _first(node, inputs)
    shape = steps.shape(value)
    wanted = _argument(node, inputs, 1, "shape") or []
    if not node.attributes.get("allowzero", 0):
        wanted = [shape[i] if size == 0 else size for i, size in enumerate(wanted)]
    return [_moved(steps, value, lambda array: array.reshape(wanted))]


def _flatten(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _first(node, inputs)
    shape = steps.shape(value)
    axis = int(node.attributes.get("axis", 1)) % (len(shape) + 1)
    rows = int(np.prod(shape[:axis], dtype=int))
    return [_moved(steps, value, lambda array: array.reshape(rows, -1))]


def _transpose(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    order = node.attributes.get("perm")
    return [_moved(steps, _first(node, inputs), lambda array: np.transpose(array, order))]


def _squeeze(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    axes = _argument(node, inputs, 1, "axes")
    return [_moved(steps, _first(node, inputs), lambda a: np.squeeze(a, None if axes is None else tuple(axes)))]


def _unsqueeze(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    axes = _argument(node, inputs, 1, "axes") or []
    return [_moved(steps, _first(node, inputs), lambda array: np.expand_dims(array, tuple(axes)))]


def _expand(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _first(node, inputs)
    shape = np.broadcast_shapes(steps.shape(value), tuple(_argument(node, inputs, 1, "shape") or ()))
    return [_moved(steps, value, lambda array: np.broadcast_to(array, shape))]


def _gather(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    wanted = inputs[1] if len(inputs) > 1 else None
    known_integers(node, wanted)
    assert isinstance(wanted, Known)  # noqa: S101 - known_integers refused anything else
    axis, positions = int(node.attributes.get("axis", 0)), wanted.values
    return [_moved(steps, _first(node, inputs), lambda array: np.take(array, positions, axis=axis))]


def _slice(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _first(node, inputs)
    starts, stops = _argument(node, inputs, 1, "starts") or [], _argument(node, inputs, 2, "ends") or []
    axes = _argument(node, inputs, 3, "axes") or list(range(len(starts)))
    strides = _argument(node, inputs, 4, "steps") or [1] * len(starts)
    cuts = [slice(None)] * len(steps.shape(value))
    for axis, start, stop, stride in zip(axes, starts, stops, strides, strict=True):
        # ONNX says "to the beginning" by a very negative end
        open_end = stride < 0 and stop < -steps.shape(value)[axis]
        cuts[axis] = slice(start, None if open_end else stop, stride)
    return [_moved(steps, value, lambda array: array[tuple(cuts)])]


def _split(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _first(node, inputs)
    axis = int(node.attributes.get("axis", 0))
    size = steps.shape(value)[axis]
    sizes = _argument(node, inputs, 1, "split")
    if sizes is None:
        share = -(-size // len(node.outputs))
        sizes = [min(share, size - share * i) for i in range(len(node.outputs))]
    ends = np.cumsum(sizes)
    return [
        _moved(steps, value, lambda array, a=end - length, b=end: np.take(array, range(a, b), axis=axis))  # type: ignore[misc]
        for length, end in zip(sizes, ends, strict=True)
    ]


def _concat(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    values = [value for value in inputs if value is not None]
    if all(isinstance(value, Known) for value in values):
        arrays = [value.values for value in values if isinstance(value, Known)]
        return [Known(np.concatenate(arrays, axis=node.attributes["axis"]))]
    axis = int(node.attributes["axis"]) % len(steps.shape(values[0]))
    offsets = np.cumsum([0] + [int(np.prod(steps.shape(value), dtype=int)) for value in values])
    positions = [
        offset + np.arange(int(np.prod(steps.shape(value), dtype=int))).reshape(steps.shape(value))
        for offset, value in zip(offsets, values, strict=False)
    ]
    wire = steps.arranged(values, np.concatenate(positions, axis=axis))
    assert isinstance(wire, Wire)  # noqa: S101 - arranged makes a step
    steps.joined[wire.step] = Joined(axis, tuple(values))
    return [wire]


SHAPE_OPERATORS: Final = {
    "Identity": _identity,
    "Constant": _constant,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Expand": _expand,
    "Gather": _gather,
    "Slice": _slice,
    "Split": _split,
    "Concat": _concat,
}
