"""Bounds of every step of a program by interval arithmetic, over all inputs in range and all valid provers.

The mathematics, and why each rule is sound: docs/correctness.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from verifier_gen.reference.evaluate import apply
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
from verifier_gen.reference.spread import (
    Spread,
    blended,
    check_size,
    combined,
    divided,
    exactly,
    magnitude,
    product,
)
from verifier_gen.reference.tables import MONOTONE, table_values

PIECES: Final = 32
"""Cases into which a lookup's argument is split; more are tighter and slower."""


@dataclass(frozen=True)
class Mix:
    """A step that mixes two values: origin + share (toward - origin) / divisor."""

    share: int
    toward: int
    origin: int
    divisor: int


def step_bounds(program: Program, ranges: Sequence[tuple[int, int]]) -> list[Spread]:
    """Bounds of every step.

    Args:
        program: the circuit.
        ranges: smallest and largest value of each input's elements, at the input's scale.

    Raises:
        ReferenceCircuitError: not one range for each input.
    """
    if len(ranges) != len(program.inputs):
        raise ReferenceCircuitError(f"{len(ranges)} input ranges given, the circuit has {len(program.inputs)} inputs")
    bounds: list[Spread] = []
    for position, step in enumerate(program.steps):
        check_size(_largest(step, [bounds[i] for i in step.sources]), step.node)
        mix = _mix(program, step, bounds)
        if mix is not None:
            share, toward, origin = (bounds[i].expanded(step.shape) for i in (mix.share, mix.toward, mix.origin))
            found = blended(share, toward, origin, mix.divisor)
        elif isinstance(step.operation, Feed):
            low, high = ranges[program.inputs.index(position)]
            full = np.ones((*step.shape, 1), dtype=np.int64)
            found = Spread(low * full, high * full, 0 * full)
        else:
            found = _bounded(program, step, [bounds[i] for i in step.sources])
        bounds.append(found.clipped())
    return bounds


def _largest(step: Step, sources: list[Spread]) -> float:
    """A bound, in floats, of every number that computing the step's bounds meets."""
    sizes = [float(max(magnitude(source).max(), source.delta.max(), 1)) for source in sources]
    match step.operation:
        case Combine(factors):
            return sum(abs(factor) * size for factor, size in zip(factors, sizes, strict=True))
        case Multiply():
            return 2 * sizes[0] * sizes[1]
        case MatrixProduct():
            return 2 * sizes[0] * sizes[1] * sources[0].low.shape[-2]
        case Total():
            return sizes[0] * sources[0].low.size
        case _:
            return 0.0


def _bounded(program: Program, step: Step, sources: list[Spread]) -> Spread:
    match step.operation:
        case Held(values):
            return exactly(values)
        case Arrange(index):
            return _arranged(index, sources)
        case Combine(factors):
            return combined([source.expanded(step.shape) for source in sources], factors)
        case Multiply():
            left, right = (source.expanded(step.shape) for source in sources)
            return product(left, right)
        case MatrixProduct():
            return _matrix_product(*sources)
        case Total():
            return Spread(*(_pieces_last(step, array) for array in _arrays(sources[0].whole())))
        case Quotient(divisor):
            return divided(sources[0], divisor)
        case Table():
            return _looked_up(program, step.operation, sources[0].whole())
        case Rectify():
            high = np.maximum(sources[0].high, 0)
            return Spread(
                np.maximum(sources[0].low, 0), high, np.where(sources[0].whole().high > 0, sources[0].delta, 0)
            )
        case _:
            raise ReferenceCircuitError(f"no bounds for {type(step.operation).__name__} (node {step.node})")


def _arrays(spread: Spread) -> tuple[IntArray, IntArray, IntArray]:
    return spread.low, spread.high, spread.delta


def _rectified(source: Spread) -> Spread:
    never_positive = source.whole().high <= 0
    delta = np.where(never_positive, 0, source.delta)
    return Spread(np.maximum(source.low, 0), np.maximum(source.high, 0), np.asarray(delta, dtype=np.int64))


def _pieces_last(step: Step, array: IntArray) -> IntArray:
    total: IntArray = apply(step, [array[None, ..., 0]])[0]
    return total[..., None]


def _arranged(index: IntArray, sources: list[Spread]) -> Spread:
    pieces = max(source.pieces for source in sources)
    flat = []
    for source in sources:
        # repeating its last piece gives a source the others' number of pieces
        chosen = np.minimum(np.arange(pieces), source.pieces - 1)
        flat.append([array[..., chosen].reshape(-1, pieces) for array in _arrays(source)])
    return Spread(*(np.concatenate([arrays[i] for arrays in flat])[index] for i in range(3)))


def _matrix_product(left: Spread, right: Spread) -> Spread:
    a = Spread(*(array[..., :, :, None, :] for array in _arrays(left.whole())))
    b = Spread(*(array[..., None, :, :, :] for array in _arrays(right.whole())))
    shape = np.broadcast_shapes(a.low.shape[:-1], b.low.shape[:-1])
    terms = product(a.expanded(shape), b.expanded(shape))
    return Spread(*(array.sum(axis=-3) for array in _arrays(terms)))


def _looked_up(program: Program, table: Table, arguments: Spread) -> Spread:
    """A table, piece by piece: its values there, and how far it moves when the argument moves by delta."""
    if table.function not in MONOTONE:
        raise ReferenceCircuitError(f"no bounds for lookup {table.function}")
    # no proof exists whose argument lies outside the table
    lowest, highest = program.lookup_range
    entries = table_values(table.function, table.scale_bits, np.arange(lowest, highest + 1))
    shape = arguments.low.shape[:-1]
    results = np.empty((3, arguments.low.size, PIECES), dtype=np.int64)
    flat = (array.reshape(-1) for array in _arrays(arguments))
    for element, (low, high, delta) in enumerate(zip(*flat, strict=True)):
        start, stop = max(int(low), lowest) - lowest, min(int(high), highest) - lowest + 1
        if start >= stop:
            raise ReferenceCircuitError(f"every argument of a {table.function} lies outside its table")
        results[:, element] = _table_pieces(entries[start:stop], int(delta))
    return Spread(*(array.reshape(*shape, PIECES) for array in results))


def _table_pieces(entries: IntArray, delta: int) -> IntArray:
    """Smallest value, largest value, largest move within ``delta`` places, for each piece of a monotone table."""
    size = entries.size
    places = np.arange(size)
    rise = entries[np.minimum(places + delta, size - 1)] - entries
    fall = entries - entries[np.maximum(places - delta, 0)]
    move = np.maximum(rise, fall)
    edges = np.linspace(0, size, PIECES + 1).astype(int)
    starts = np.minimum(edges[:-1], size - 1)
    stops = np.maximum(edges[1:], starts + 1)
    moves = [move[start:stop].max() for start, stop in zip(starts, stops, strict=True)]
    return np.stack([entries[starts], entries[stops - 1], np.asarray(moves, dtype=np.int64)])


def _mix(program: Program, step: Step, bounds: list[Spread]) -> Mix | None:
    """Recognise g + f (c - g) / d with 0 <= f <= d, whose parts would not be told apart otherwise."""
    if not (isinstance(step.operation, Combine) and step.operation.factors == (1, 1)):
        return None
    for origin, quotient in (step.sources, step.sources[::-1]):
        found = _mix_of(program, origin, quotient, bounds)
        if found is not None:
            return found
    return None


def _mix_of(program: Program, origin: int, quotient: int, bounds: list[Spread]) -> Mix | None:
    divided_step = program.steps[quotient]
    if not isinstance(divided_step.operation, Quotient):
        return None
    divisor = divided_step.operation.divisor
    multiplied = program.steps[divided_step.sources[0]]
    if not isinstance(multiplied.operation, Multiply):
        return None
    for share, change in (multiplied.sources, multiplied.sources[::-1]):
        changed = program.steps[change]
        is_difference = isinstance(changed.operation, Combine) and changed.operation.factors == (1, -1)
        if not is_difference or changed.sources[1] != origin:
            continue
        if bounds[share].low.min() >= 0 and bounds[share].high.max() <= divisor:
            return Mix(share, changed.sources[0], origin, divisor)
    return None
