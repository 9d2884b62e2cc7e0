"""The output-based score, and the polynomial in which Omron's proof-of-weights circuit ranks times: pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from neurons.validator.scoring import LONGEST_FRACTION, TimeBounds

SIZE_OF_HALF = 8192
"""Bytes at which a proof earns half of the part for size; the staking circuit's has 2,560."""


@dataclass(frozen=True)
class OutputWeights:
    """What each part of the output formula counts; they are divided by their sum, which is above 0.

    Attributes:
        accuracy: nearness of the outputs to the float model's.
        size: shortness of the proof.
        time: rank of the response time.
        delivered: share of the delivered work.
    """

    accuracy: float = 0.4
    size: float = 0.1
    time: float = 0.3
    delivered: float = 0.2


def accuracy_of(outputs: Sequence[float], reference: Sequence[float], tolerance: float) -> float:
    """``exp(-sum of squared errors)``, where an error within the circuit's own tolerance is none.

    Args:
        outputs: of the verified instances, as fractions.
        reference: of the float model for the same inputs.
        tolerance: largest error that the circuit itself may have made: its measured float error and rounding band.
    """
    errors = [max(0.0, abs(one - other) - tolerance) for one, other in zip(outputs, reference, strict=True)]
    return math.exp(-sum(error * error for error in errors))


def size_fraction(proof_bytes: int) -> float:
    """1 for an empty proof, a half at ``SIZE_OF_HALF`` bytes, towards 0 beyond."""
    return SIZE_OF_HALF / (SIZE_OF_HALF + proof_bytes)


def output_fraction(
    weights: OutputWeights, *, accuracy: float, proof_bytes: int, time: float, delivered: float
) -> float:
    """Weighted mean of the parts, times the accuracy: what is quick, small and wrong earns nothing.

    Args:
        weights: of the parts.
        accuracy: in [0, 1].
        proof_bytes: length of the proof.
        time: rank of the response time in [0, 1], 1 for the fastest.
        delivered: in [0, 1].
    """
    parts = (
        (weights.accuracy, accuracy),
        (weights.size, size_fraction(proof_bytes)),
        (weights.time, time),
        (weights.delivered, delivered),
    )
    return accuracy * sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)


def circuit_time_fraction(seconds: float, bounds: TimeBounds) -> float:
    """``1 - [.41735537 + (20/121) x + (4/121) s^3 + (1600/121) s^5]`` with s = x - .5, x the rank in [0, .99]."""
    rank = (seconds - bounds.fastest) / (bounds.slowest - bounds.fastest)
    rank = min(max(rank, 0.0), LONGEST_FRACTION)
    middle = rank - 0.5
    return 1.0 - (0.41735537 + 20 / 121 * rank + 4 / 121 * middle**3 + 1600 / 121 * middle**5)
