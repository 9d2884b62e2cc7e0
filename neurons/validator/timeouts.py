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
        quantile: of each miner's own measured times, in (0, 1]; the timeout is made of the median of the miners'.
        margin: multiple of that median.
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


def learned_timeout(by_miner: Sequence[Sequence[float]], rule: TimeoutRule) -> float:
    """Seconds that a miner may take for a circuit.

    Made of the median of what is typical of each miner: fewer than half of the miners can neither lengthen nor
    shorten it, however slow, quick or silent they are.

    Args:
        by_miner: of each miner, seconds that its requests took, or were allowed where no answer came in time.
        rule: bounds and margin.
    """
    if sum(len(samples) for samples in by_miner) < rule.least_samples:
        return rule.ceiling
    typical = sorted(quantile(samples, rule.quantile) for samples in by_miner if samples)
    return min(rule.ceiling, max(rule.floor, rule.margin * typical[len(typical) // 2]))


def most_are_late(late: Sequence[bool]) -> bool:
    """Whether it is the timeout that is wrong, and not the miners: more than half of them have not kept it lately.

    One miner, however often it does not answer, is not most miners, not even where it is alone.

    Args:
        late: of each miner, whether it has not kept the timeout lately.
    """
    number = sum(late)
    return number > 1 and 2 * number > len(late)


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
