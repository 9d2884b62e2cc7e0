"""Scores of miners, by the published formula of Omron's subnet (docs/validator.md gives it with its constants).

Pure: samples and previous score in, next score out, in double precision.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RECOVERY = 0.1
"""Part of the way to its target that a verified answer moves a score."""
DECAY = 0.4
"""Part of its score that a failed answer costs a miner."""
FLATTENING = 0.9
LONGEST_FRACTION = 0.99
"""A slow answer counts as at most this part of the way from fastest to slowest."""
DEFAULT_SLOWEST_SECONDS = 60.0


@dataclass(frozen=True)
class TimeBounds:
    """Between which times answers are ranked.

    Attributes:
        fastest: seconds, ranked 0.
        slowest: seconds, ranked 1.
    """

    fastest: float
    slowest: float


def time_bounds(latest: Mapping[str, float], successes: Sequence[float], timeout: float) -> TimeBounds:
    """Fastest of the miners' latest successes, and median of the slowest 5 % of all successes.

    Args:
        latest: seconds of each miner's latest success, by hotkey.
        successes: seconds of all successes that are remembered.
        timeout: seconds a miner may take; the slowest bound is at most this.
    """
    fastest = min(latest.values()) if len(successes) > 1 else 0.0
    slowest = DEFAULT_SLOWEST_SECONDS
    if len(successes) > 1:
        count = max(1, len(successes) // 20)
        slowest = statistics.median(sorted(successes)[-count:])
    slowest = min(slowest, timeout)
    return TimeBounds(fastest=fastest, slowest=max(slowest, fastest + 1.0))


def time_fraction(seconds: float, bounds: TimeBounds) -> float:
    """Part of the full score that an answer earns: 1 for the fastest, near 0 for the slowest.

    ``1 - [tan(.9 pi (x - .5)) - tan(-.45 pi)] / [tan(.45 pi) - tan(-.45 pi)]`` where x in [0, .99] is the rank of
    the time between the bounds.
    """
    rank = (seconds - bounds.fastest) / (bounds.slowest - bounds.fastest)
    rank = min(max(rank, 0.0), LONGEST_FRACTION)
    return 1.0 - (_bent(rank) - _bent(0.0)) / (_bent(1.0) - _bent(0.0))


def score_after_success(previous: float, fraction: float, miners: int) -> float:
    """The score moves towards ``fraction / miners``.

    Args:
        previous: score before.
        fraction: from :func:`time_fraction`.
        miners: registered miners, at least 1.
    """
    return previous + RECOVERY * (fraction / miners - previous)


def score_after_failure(previous: float) -> float:
    """The score loses the part DECAY."""
    return (1.0 - DECAY) * previous


def _bent(rank: float) -> float:
    return math.tan(FLATTENING * math.pi * (rank - 0.5))
