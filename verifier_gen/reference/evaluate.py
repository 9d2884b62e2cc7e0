"""Runs a program on a batch of inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from verifier_gen.reference.program import (
    Arrange,
    Combine,
    Feed,
    Held,
    IntArray,
    MatrixProduct,
    Multiply,
    Program,
    Quotient,
    Rectify,
    ReferenceCircuitError,
    Step,
    Table,
    Total,
)
from verifier_gen.reference.tables import table_values

PRODUCT_LIMIT = 2.0**62
"""Products and their sums stay below it."""

Rounding: TypeAlias = Callable[[int, IntArray, int], IntArray]
"""How a prover divides: (position of the step, dividends, divisor) -> quotients."""


def nearest(_position: int, dividends: IntArray, divisor: int) -> IntArray:
    """The honest prover's quotient: the nearest integer, halves away from zero."""
    magnitude = (2 * np.abs(dividends) + divisor) // (2 * divisor)
    return np.asarray(np.sign(dividends) * magnitude, dtype=np.int64)


def evaluate(program: Program, inputs: Sequence[IntArray], rounding: Rounding = nearest) -> list[IntArray]:
    """Outputs of the circuit.

    Args:
        program: from :func:`verifier_gen.reference.load_program`.
        inputs: one array [N, elements] per input of the circuit, at its scale.
        rounding: how quotients are rounded.

    Returns:
        One array [N, elements] per output.

    Raises:
        ReferenceCircuitError: the inputs do not fit, or a lookup's argument lies outside its table.
    """
    values = evaluate_steps(program, inputs, rounding)
    return [values[i].reshape(values[i].shape[0], -1) for i in program.outputs]


def evaluate_steps(program: Program, inputs: Sequence[IntArray], rounding: Rounding = nearest) -> list[IntArray]:
    """Values of every step, each [N or 1, *shape]."""
    sizes = tuple(int(array.shape[1]) for array in inputs)
    if sizes != program.input_sizes:
        raise ReferenceCircuitError(f"inputs have sizes {sizes}, the circuit takes {program.input_sizes}")
    values: list[IntArray] = []
    for position, step in enumerate(program.steps):
        sources = [values[i] for i in step.sources]
        if isinstance(step.operation, Feed):
            fed = np.asarray(inputs[step.operation.position], dtype=np.int64)
            values.append(fed.reshape(-1, *step.shape))
        elif isinstance(step.operation, Table):
            values.append(_looked_up(program, step, sources[0]))
        elif isinstance(step.operation, Quotient):
            values.append(rounding(position, sources[0], step.operation.divisor))
        else:
            values.append(apply(step, sources))
    return values


def apply(step: Step, sources: Sequence[IntArray]) -> IntArray:
    """An operation that is exact: no rounding, no table."""
    operation = step.operation
    match operation:
        case Held():
            return operation.values[None]
        case Arrange():
            batch = max(array.shape[0] for array in sources)
            flat = [np.broadcast_to(a.reshape(a.shape[0], -1), (batch, a[0].size)) for a in sources]
            return np.concatenate(flat, axis=1)[:, operation.index]
        case Combine():
            terms = [factor * array for factor, array in zip(operation.factors, sources, strict=True)]
            return np.asarray(sum(terms[1:], terms[0]), dtype=np.int64)
        case Multiply():
            _check_product(step, sources, 1)
            return np.asarray(sources[0] * sources[1], dtype=np.int64)
        case MatrixProduct():
            _check_product(step, sources, sources[0].shape[-1])
            return np.asarray(np.matmul(sources[0], sources[1]), dtype=np.int64)
        case Total():
            return np.asarray(
                sources[0].sum(axis=tuple(axis + 1 for axis in operation.axes), keepdims=True), dtype=np.int64
            )
        case Rectify():
            return np.maximum(sources[0], 0)
        case _:
            raise ReferenceCircuitError(f"{type(operation).__name__} is not an exact operation")


def _check_product(step: Step, factors: Sequence[IntArray], terms: int) -> None:
    """Refuse a product that 64 bits might not hold."""
    largest = [float(np.abs(factor).max(initial=1)) for factor in factors]
    if largest[0] * largest[1] * terms >= PRODUCT_LIMIT:
        raise ReferenceCircuitError(
            f"products in node {step.node} may leave 64 bits", remedy="Use lower scales: EZKL could not prove it either"
        )


def _looked_up(program: Program, step: Step, arguments: IntArray) -> IntArray:
    assert isinstance(step.operation, Table)  # noqa: S101 - tells mypy what the caller checked
    lowest, highest = program.lookup_range
    if arguments.min() < lowest or arguments.max() > highest:
        raise ReferenceCircuitError(
            f"lookup in node {step.node} has arguments {arguments.min()} to {arguments.max()}, "
            f"its table covers {lowest} to {highest}",
            remedy="Widen lookup_range in the recipe, or bound the network's arguments",
        )
    return table_values(step.operation.function, step.operation.scale_bits, arguments)
