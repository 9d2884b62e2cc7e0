"""How far apart two provers can be made to come: a lower bound of the rounding band, found by attack.

One prover rounds every quotient in the direction that raises an output, the other in the direction that lowers it;
the direction is the sign of the output's derivative, found backwards through the program. Random roundings besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from verifier_gen.reference.evaluate import Rounding, evaluate, evaluate_steps
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
    Step,
    Table,
    Total,
)
from verifier_gen.reference.tables import table_values

FloatArray: TypeAlias = NDArray[np.float64]

_SLOPE_REACH = 16
"""Places to each side over which a table's slope is taken: its steps are flat or one high."""


def widest_gap(program: Program, inputs: Sequence[IntArray], seed: int = 0) -> tuple[int, ...]:
    """The largest difference found between two valid provers, per output element.

    Args:
        program: the circuit.
        inputs: one array [N, elements] per input; every sample is attacked.
        seed: of the random roundings.
    """
    honest = evaluate_steps(program, inputs)
    generator = np.random.default_rng(seed)
    gaps = [_gap(program, inputs, _random(generator), _random(generator)).max(0)]
    offset = 0
    for position in program.outputs:
        for element in range(int(np.prod(program.steps[position].shape))):
            slopes = sensitivities(program, honest, position, element)
            signed = _gap(program, inputs, _directed(slopes, 1), _directed(slopes, -1))
            gap = np.zeros_like(gaps[0])
            gap[offset + element] = signed[:, offset + element].max()
            gaps.append(gap)
        offset += int(np.prod(program.steps[position].shape))
    return tuple(int(units) for units in np.maximum.reduce(gaps))


def _gap(program: Program, inputs: Sequence[IntArray], first: Rounding, second: Rounding) -> IntArray:
    runs = [np.concatenate(evaluate(program, inputs, rounding), axis=1) for rounding in (first, second)]
    return np.asarray(np.abs(runs[0] - runs[1]), dtype=np.int64)


def _random(generator: np.random.Generator) -> Rounding:
    def rounding(_position: int, dividends: IntArray, divisor: int) -> IntArray:
        up = generator.integers(0, 2, dividends.shape) * (dividends % divisor != 0)
        return np.asarray(dividends // divisor + up, dtype=np.int64)

    return rounding


def _directed(slopes: list[FloatArray], sign: int) -> Rounding:
    def rounding(position: int, dividends: IntArray, divisor: int) -> IntArray:
        up = (sign * slopes[position] > 0) & (dividends % divisor != 0)
        return np.asarray(dividends // divisor + up, dtype=np.int64)

    return rounding


def sensitivities(program: Program, values: Sequence[IntArray], output: int, element: int) -> list[FloatArray]:
    """Derivative of one output element by the value of each step, along a run.

    Args:
        program: the circuit.
        values: of every step, from :func:`evaluate_steps`.
        output: position of the output's step.
        element: which of its elements.
    """
    batch = max(value.shape[0] for value in values)
    slopes = [np.zeros((batch, *step.shape)) for step in program.steps]
    slopes[output].reshape(batch, -1)[:, element] = 1.0
    for position in range(len(program.steps) - 1, -1, -1):
        step = program.steps[position]
        if isinstance(step.operation, Held | Feed) or not slopes[position].any():
            continue
        sources = [values[i] for i in step.sources]
        for source, slope in zip(step.sources, _backward(step, sources, slopes[position]), strict=True):
            slopes[source] += _unbroadcast(slope, slopes[source].shape)
    return slopes


def _backward(step: Step, sources: list[IntArray], slope: FloatArray) -> list[FloatArray]:
    """Derivative by each source, from the derivative by the result."""
    match step.operation:
        case Arrange(index):
            return _scattered(index, sources, slope)
        case Combine(factors):
            return [factor * slope for factor in factors]
        case Multiply():
            return [slope * sources[1], slope * sources[0]]
        case MatrixProduct():
            left, right = (np.swapaxes(array, -1, -2).astype(np.float64) for array in sources)
            return [np.matmul(slope, right), np.matmul(left, slope)]
        case Total():
            return [np.broadcast_to(slope, (slope.shape[0], *sources[0].shape[1:]))]
        case Quotient(divisor):
            return [slope / divisor]
        case Table(function, scale_bits):
            ends = [table_values(function, scale_bits, sources[0] + side * _SLOPE_REACH) for side in (1, -1)]
            return [slope * (ends[0] - ends[1]) / (2.0 * _SLOPE_REACH)]
        case Rectify():
            return [slope * (sources[0] > 0)]
        case _:
            return [np.zeros_like(slope) for _ in sources]


def _scattered(index: IntArray, sources: list[IntArray], slope: FloatArray) -> list[FloatArray]:
    sizes = [int(np.prod(source.shape[1:])) for source in sources]
    gathered = np.zeros((sum(sizes), slope.shape[0]))
    np.add.at(gathered, index.reshape(-1), slope.reshape(slope.shape[0], -1).T)
    parts = np.split(gathered.T, np.cumsum(sizes)[:-1], axis=1)
    return [part.reshape(-1, *source.shape[1:]) for part, source in zip(parts, sources, strict=True)]


def _unbroadcast(slope: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Sum over the axes along which a source was repeated."""
    extra = tuple(axis for axis in range(1, len(shape)) if shape[axis] == 1 and slope.shape[axis] != 1)
    return np.asarray(slope.sum(axis=extra, keepdims=True) if extra else slope)
