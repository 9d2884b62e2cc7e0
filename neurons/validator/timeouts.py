"""How long a circuit's proofs may take, learned from how long they took: pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TimeoutRule:
    """How measured times become a timeout.

    Attributes:
        floor: shortest timeout, seconds.
        ceiling: longest timeout, and the one while too little has been measured, seconds.
        quantile: of the measured times that the timeout is made of, in (0, 1].
        margin: multiple of that quantile.
        least_samples: measured times below which nothing is learned.
    """

    floor: float
    ceiling: float
    quantile: float = 0.95
    margin: float = 3.0
    least_samples: int = 8


def quantile(samples: Sequence[float], part: float) -> float:
    """Smallest sample that at least ``part`` of the samples do not exceed.

    Args:
        samples: at least one.
        part: in (0, 1].
    """
    ordered = sorted(samples)
    return ordered[min(len(ordered), max(1, math.ceil(part * len(ordered)))) - 1]


def learned_timeout(samples: Sequence[float], rule: TimeoutRule) -> float:
    """Seconds that a miner may take for a circuit.

    Args:
        samples: measured seconds of verified answers under that circuit, of all miners.
        rule: bounds and margin.
    """
    if len(samples) < rule.least_samples:
        return rule.ceiling
    return min(rule.ceiling, max(rule.floor, rule.margin * quantile(samples, rule.quantile)))


def expected_seconds(samples: Sequence[float]) -> float | None:
    """Seconds within which nine of ten answers came; None before the first."""
    return quantile(samples, 0.9) if samples else None


def hedge_after(expected: float | None, remaining: float) -> float:
    """Seconds after which a second miner is asked beside the first.

    Args:
        expected: the first miner's expected seconds; None when nothing is known of it.
        remaining: seconds to the customer's deadline.

    Returns:
        The expected seconds, but never more than half of what remains, so that the second can still answer.
    """
    half = remaining / 2
    return half if expected is None else min(expected, half)
