"""ONNX operators that are straight pieces: maxima, clipping, absolute values, leaky ReLU; and means and powers.

Each is written with max(x, 0), which in integers is the same number: max(a, b) = b + max(a - b, 0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from verifier_gen.reference.build import Known, StepList, Value, Wire
from verifier_gen.reference.fixed_point import quantized
from verifier_gen.reference.network import NetworkNode
from verifier_gen.reference.program import Combine, Multiply, Rectify, ReferenceCircuitError, Total

Operator: TypeAlias = Callable[[StepList, NetworkNode, list[Value | None]], list[Value]]


def _wires(node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    given = [value for value in inputs if value is not None]
    if not given or all(isinstance(value, Known) for value in given):
        raise ReferenceCircuitError(f"node {node.name} ({node.operator}) has no variable input")
    return given


def _greater(steps: StepList, left: Value, right: Value, sign: int) -> Wire:
    """The larger of two values for sign 1, the smaller for sign -1."""
    shape = np.broadcast_shapes(steps.shape(left), steps.shape(right))
    pair = [steps.reranked(value, len(shape)) for value in (left, right)]
    if sign == 1 and isinstance(right, Known) and right.values.size == 1 and float(right.values.reshape(-1)[0]) == 0.0:
        # EZKL makes a ReLU of it, at the variable's own scale
        return steps.rebased(Rectify(), [steps.wired(pair[0])], shape, steps.scale(pair[0]))
    sources, factors, scale_bits = steps.same_scale(pair)
    excess = steps.bare(Combine((factors[0], -factors[1])), sources, shape, scale_bits)
    above = steps.bare(Rectify(), [excess.step], shape, scale_bits)
    kept = 1 if sign == 1 else 0
    return steps.rebased(Combine((factors[kept], sign)), [sources[kept], above.step], shape, scale_bits)


def _extreme(sign: int) -> Operator:
    def operator(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
        values = _wires(node, inputs)
        found = values[0]
        for value in values[1:]:
            constant_first = isinstance(found, Known)
            pair = (value, found) if constant_first else (found, value)
            found = _greater(steps, *pair, sign)
        return [found]

    return operator


def _clip(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    found = _wires(node, inputs)[0]
    for position, (name, sign) in enumerate((("min", 1), ("max", -1)), start=1):
        given = inputs[position] if len(inputs) > position else None
        if given is None and name in node.attributes:
            given = Known(np.asarray(node.attributes[name], dtype=np.float32))
        if given is not None:
            found = _greater(steps, found, given, sign)
    return [found]


def _halves(steps: StepList, value: Value) -> list[int]:
    """max(x, 0) and max(-x, 0)."""
    source, shape, scale_bits = steps.wired(value), steps.shape(value), steps.scale(value)
    turned = steps.bare(Combine((-1,)), [source], shape, scale_bits)
    return [steps.bare(Rectify(), [step], shape, scale_bits).step for step in (source, turned.step)]


def _abs(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _wires(node, inputs)[0]
    return [steps.rebased(Combine((1, 1)), _halves(steps, value), steps.shape(value), steps.scale(value))]


def _leaky_relu(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _wires(node, inputs)[0]
    bits = steps.fixed_point.param_scale
    slope = int(quantized(np.array([node.attributes.get("alpha", 0.01)], dtype=np.float32), bits)[0])
    factors = (1 << bits, -slope)
    return [steps.rebased(Combine(factors), _halves(steps, value), steps.shape(value), steps.scale(value) + bits)]


def _pow(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _wires(node, inputs)[0]
    exponent = inputs[1] if len(inputs) > 1 else None
    power = float(exponent.values.reshape(-1)[0]) if isinstance(exponent, Known) and exponent.values.size == 1 else 0.0
    if not (power.is_integer() and 2 <= power <= 8) or isinstance(value, Known):
        raise ReferenceCircuitError(
            f"no reference for Pow by anything but 2 to 8 (node {node.name}): the correctness gate cannot pass",
            remedy="Write the power with products",
        )
    source, shape, bits = steps.wired(value), steps.shape(value), steps.scale(value)
    result = source
    for factor in range(2, int(power)):
        result = steps.bare(Multiply(), [result, source], shape, factor * bits).step
    return [steps.rebased(Multiply(), [result, source], shape, int(power) * bits)]


def mean_of(total: Callable[[StepList, Value, Value], Value]) -> Operator:
    """ReduceMean, with the product that scales the sum down."""

    def operator(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
        value = _wires(node, inputs)[0]
        shape = steps.shape(value)
        named = inputs[1] if len(inputs) > 1 else None
        listed = named.values.reshape(-1).tolist() if isinstance(named, Known) else node.attributes.get("axes")
        axes = tuple(sorted({int(axis) % len(shape) for axis in (listed or range(len(shape)))}))
        kept = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
        summed = steps.rebased(Total(axes), [steps.wired(value)], kept, steps.scale(value))
        count = int(np.prod([shape[axis] for axis in axes]))
        mean = total(steps, summed, Known(np.float32(1.0) / np.full((1,) * len(kept), count, dtype=np.float32)))
        if node.attributes.get("keepdims", 1):
            return [mean]
        return [steps.reshaped(mean, tuple(size for axis, size in enumerate(shape) if axis not in axes))]

    return operator


PIECEWISE_OPERATORS: Final[dict[str, Operator]] = {
    "Max": _extreme(1),
    "Min": _extreme(-1),
    "Clip": _clip,
    "Abs": _abs,
    "LeakyRelu": _leaky_relu,
    "Pow": _pow,
}
"""Operators by name."""
