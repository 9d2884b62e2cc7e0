"""Inputs that a circuit is tried on: the corners of its range, clipped ones, and random ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verifier_gen.reference.program import IntArray, Program


def sample_inputs(program: Program, ranges: Sequence[tuple[int, int]], count: int, seed: int) -> list[IntArray]:
    """Inputs for every input of a circuit.

    All lowest, all highest, all zero, alternating both ways, lowest then highest and the reverse, one value next to
    each bound; then in turn uniform inputs, inputs three times too large and clipped, and inputs that are only ends.

    Args:
        program: the circuit.
        ranges: smallest and largest value of each input's elements.
        count: number of samples.
        seed: of the random ones.

    Returns:
        One array [count, elements] per input.
    """
    generator = np.random.default_rng(seed)
    return [
        _of_one_input(size, low, high, count, generator)
        for size, (low, high) in zip(program.input_sizes, ranges, strict=True)
    ]


def _of_one_input(size: int, low: int, high: int, count: int, generator: np.random.Generator) -> IntArray:
    places = np.arange(size)
    ends = np.array([low, high], dtype=np.int64)
    middle = int(np.clip(0, low, high))
    fixed = [
        np.full(size, low),
        np.full(size, high),
        np.full(size, middle),
        ends[places % 2],
        ends[(places + 1) % 2],
        ends[(places >= size // 2).astype(int)],
        ends[(places < size // 2).astype(int)],
        np.full(size, min(low + 1, high)),
        np.full(size, max(high - 1, low)),
    ]
    rows = fixed[:count]
    reach = high - low
    while len(rows) < count:
        kind = len(rows) % 3
        if kind == 0:
            rows.append(generator.integers(low, high + 1, size))
        elif kind == 1:
            rows.append(np.clip(generator.integers(low - reach, high + reach + 1, size), low, high))
        else:
            rows.append(ends[generator.integers(0, 2, size)])
    return np.asarray(np.stack(rows), dtype=np.int64)
