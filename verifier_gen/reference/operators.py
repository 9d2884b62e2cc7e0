"""ONNX operators as integer steps: arithmetic and activations. Shape operators: ``shape_operators``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from verifier_gen.reference.build import Known, StepList, Value, Wire
from verifier_gen.reference.einsum_operator import einsum
from verifier_gen.reference.network import NetworkNode
from verifier_gen.reference.piecewise_operators import PIECEWISE_OPERATORS, mean_of
from verifier_gen.reference.program import (
    Combine,
    MatrixProduct,
    Multiply,
    Rectify,
    ReferenceCircuitError,
    Table,
    Total,
)
from verifier_gen.reference.shape_operators import SHAPE_OPERATORS, known_integers

Operator: TypeAlias = Callable[[StepList, NetworkNode, list[Value | None]], list[Value]]


def _given(node: NetworkNode, inputs: list[Value | None], position: int) -> Value:
    value = inputs[position] if position < len(inputs) else None
    if value is None:
        raise ReferenceCircuitError(f"node {node.name} ({node.operator}) lacks its input {position}")
    return value


def _uniform(value: Value) -> float | None:
    """The number that a constant is made of, if it is one number."""
    if isinstance(value, Known) and value.values.size and np.all(value.values == value.values.flat[0]):
        return float(value.values.flat[0])
    return None


def add(steps: StepList, left: Value, right: Value, sign: int) -> Value:
    """The sum left + sign * right; adding zeros leaves no trace in the circuit."""
    if isinstance(left, Known) and isinstance(right, Known):
        return Known(left.values + sign * right.values)
    shape = np.broadcast_shapes(steps.shape(left), steps.shape(right))
    if _uniform(right) == 0.0 and steps.shape(left) == shape:
        return left
    if _uniform(left) == 0.0 and sign == 1 and steps.shape(right) == shape:
        return right
    pair = [steps.reranked(value, len(shape)) for value in (left, right)]
    sources, factors, scale_bits = steps.same_scale(pair)
    return steps.rebased(Combine((factors[0], sign * factors[1])), sources, shape, scale_bits)


def multiply(steps: StepList, left: Value, right: Value) -> Value:
    """Elementwise product; by 0 it is a constant, by 1 it is nothing, by 2^-k EZKL only renames the scale."""
    if isinstance(left, Known) and isinstance(right, Known):
        return Known(left.values * right.values)
    shape = np.broadcast_shapes(steps.shape(left), steps.shape(right))
    for value, other in ((left, right), (right, left)):
        factor = _uniform(other)
        if factor == 0.0:
            return Known(np.zeros(shape, dtype=np.float32))
        if factor == 1.0 and steps.shape(value) == shape:
            return value
        if factor is not None and np.prod(steps.shape(other), dtype=int) == 1:
            bits = np.log2(1.0 / factor) if 0.0 < factor < 1.0 else 0.5
            if float(bits).is_integer() and isinstance(value, Wire):
                renamed = steps.reranked(value, len(shape))
                source = steps.wired(renamed)
                return steps.bare(Combine((1,)), [source], shape, steps.scale(renamed) + int(bits))
    pair = [steps.reranked(value, len(shape)) for value in (left, right)]
    for value in pair:
        steps.count(value)
    scale_bits = sum(steps.scale(value) for value in pair)
    return steps.rebased(Multiply(), [steps.wired(value) for value in pair], shape, scale_bits)


def matrix_product(steps: StepList, left: Value, right: Value) -> Value:
    """Matrix product; of a concatenation along the summed axis EZKL gets one product for each part.

    tract, which reads ONNX for EZKL, splits it so (its ops/einsum, ``declutter_after_concat``): each part is rescaled
    by itself, which other integers come from.
    """
    if isinstance(left, Known) and isinstance(right, Known):
        return Known(np.matmul(left.values, right.values))
    rank = max(2, len(steps.shape(left)), len(steps.shape(right)))
    for side, value in enumerate((left, right)):
        joined = steps.joined.get(value.step) if isinstance(value, Wire) else None
        axis = len(steps.shape(value)) - 1 - side
        if joined is not None and joined.axis == axis and len(steps.shape(value)) >= 2:
            return _product_of_parts(steps, left, right, side)
    pair = [steps.reranked(value, rank) for value in (left, right)]
    for value in pair:
        steps.count(value)
    shapes = [steps.shape(value) for value in pair]
    batch = np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2])
    shape = (*batch, shapes[0][-2], shapes[1][-1])
    scale_bits = sum(steps.scale(value) for value in pair)
    return steps.rebased(MatrixProduct(), [steps.wired(value) for value in pair], shape, scale_bits)


def _product_of_parts(steps: StepList, left: Value, right: Value, side: int) -> Value:
    whole, other = (left, right) if side == 0 else (right, left)
    assert isinstance(whole, Wire)  # noqa: S101 - only a wire has parts
    joined = steps.joined[whole.step]
    other_axis = len(steps.shape(other)) - 2 + side
    total: Value | None = None
    start = 0
    for part in joined.parts:
        stop = start + steps.shape(part)[joined.axis]
        piece = _cut(steps, other, other_axis, start, stop)
        product = matrix_product(steps, part, piece) if side == 0 else matrix_product(steps, piece, part)
        total = product if total is None else add(steps, total, product, 1)
        start = stop
    assert total is not None  # noqa: S101 - a concatenation has a part
    return total


def _cut(steps: StepList, value: Value, axis: int, start: int, stop: int) -> Value:
    if isinstance(value, Known):
        return Known(np.take(value.values, range(start, stop), axis=axis))
    shape = steps.shape(value)
    return steps.arranged([value], np.take(np.arange(np.prod(shape)).reshape(shape), range(start, stop), axis=axis))


def _add(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    return [add(steps, _given(node, inputs, 0), _given(node, inputs, 1), 1)]


def _sum(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    total = _given(node, inputs, 0)
    for position in range(1, len(inputs)):
        total = add(steps, total, _given(node, inputs, position), 1)
    return [total]


def _sub(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    return [add(steps, _given(node, inputs, 0), _given(node, inputs, 1), -1)]


def _mul(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    return [multiply(steps, _given(node, inputs, 0), _given(node, inputs, 1))]


def _div(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    divisor = _given(node, inputs, 1)
    if not isinstance(divisor, Known):
        raise ReferenceCircuitError(
            f"no reference for Div by a variable (node {node.name}): the correctness gate cannot pass",
            remedy="Divide by a constant",
        )
    # tract makes it a product with the float32 reciprocal
    inverse = Known(np.float32(1.0) / divisor.values.astype(np.float32))
    return [multiply(steps, _given(node, inputs, 0), inverse)]


def _neg(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _given(node, inputs, 0)
    if isinstance(value, Known):
        return [Known(-value.values)]
    return [steps.rebased(Combine((-1,)), [value.step], steps.shape(value), steps.scale(value))]


def _matmul(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    left, right = _given(node, inputs, 0), _given(node, inputs, 1)
    if min(len(steps.shape(left)), len(steps.shape(right))) < 2:
        raise ReferenceCircuitError(
            f"no reference for MatMul of a vector (node {node.name}): the correctness gate cannot pass",
            remedy="Give both factors two axes",
        )
    return [matrix_product(steps, left, right)]


def _gemm(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    sides = []
    for position, name in enumerate(("transA", "transB")):
        value = _given(node, inputs, position)
        if node.attributes.get(name, 0):
            value = SHAPE_OPERATORS["Transpose"](steps, NetworkNode("Transpose", node.name, (), (), {}), [value])[0]
        sides.append(value)
    product = matrix_product(steps, *sides)
    alpha, beta = (float(node.attributes.get(name, 1.0)) for name in ("alpha", "beta"))
    product = multiply(steps, product, Known(np.asarray(alpha, dtype=np.float32)))
    bias = inputs[2] if len(inputs) > 2 else None
    if bias is None:
        return [product]
    return [add(steps, product, multiply(steps, bias, Known(np.asarray(beta, dtype=np.float32))), 1)]


def _lookup(function: str) -> Operator:
    def operator(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
        value = _given(node, inputs, 0)
        scale_bits = steps.scale(value)
        return [steps.rebased(Table(function, scale_bits), [steps.wired(value)], steps.shape(value), scale_bits)]

    return operator


def _relu(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _given(node, inputs, 0)
    return [steps.rebased(Rectify(), [steps.wired(value)], steps.shape(value), steps.scale(value))]


def _reduce_sum(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    value = _given(node, inputs, 0)
    shape = steps.shape(value)
    named = inputs[1] if len(inputs) > 1 else None
    listed = known_integers(node, named) if named is not None else list(node.attributes.get("axes", []))
    if not listed and node.attributes.get("noop_with_empty_axes", 0):
        return [value]
    axes = tuple(sorted({axis % len(shape) for axis in listed} or range(len(shape))))
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    total = steps.rebased(Total(axes), [steps.wired(value)], kept, steps.scale(value))
    if node.attributes.get("keepdims", 1):
        return [total]
    return [steps.reshaped(total, tuple(size for axis, size in enumerate(shape) if axis not in axes))]


OPERATORS: Final[dict[str, Operator]] = {
    "Add": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "Neg": _neg,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Einsum": einsum,
    "Sigmoid": _lookup("sigmoid"),
    "Tanh": _lookup("tanh"),
    "Exp": _lookup("exp"),
    "Relu": _relu,
    "Sum": _sum,
    "ReduceSum": _reduce_sum,
    "ReduceMean": mean_of(multiply),
    **PIECEWISE_OPERATORS,
    **SHAPE_OPERATORS,
}
"""Every operator that has a reference."""
