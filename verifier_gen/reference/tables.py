"""EZKL's lookup functions on integers (its src/tensor/ops.rs, module nonlinearities)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from verifier_gen.reference.program import IntArray, ReferenceCircuitError

MONOTONE: Final = ("sigmoid", "tanh", "exp")
"""Functions that never fall: the extremes of an interval are at its ends."""


def half_away(values: NDArray[np.float64]) -> IntArray:
    """Round to the nearest integer, halves away from zero, as Rust's ``f64::round`` does."""
    whole = np.trunc(values)
    return np.asarray(whole + np.sign(values) * (np.abs(values - whole) >= 0.5), dtype=np.int64)


def table_values(function: str, scale_bits: int, arguments: IntArray) -> IntArray:
    """The table's entries for ``arguments`` at ``2^scale_bits``.

    Raises:
        ReferenceCircuitError: no such function.
    """
    scale = float(1 << scale_bits)
    real = arguments.astype(np.float64) / scale
    with np.errstate(over="ignore"):
        if function == "sigmoid":
            return half_away(scale / (1.0 + np.exp(-real)))
        if function == "tanh":
            return half_away(scale * np.tanh(real))
        if function == "exp":
            # EZKL holds the base as a float32
            return half_away(scale * np.power(float(np.float32(np.e)), real))
    raise ReferenceCircuitError(f"no reference for lookup {function}", remedy="See docs/correctness.md")
