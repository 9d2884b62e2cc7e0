"""Time that has passed on this machine's clock, which somebody may set."""

from __future__ import annotations


def elapsed(since: float, now: float) -> float:
    """Seconds between two readings of the clock; when it was set back in between, at least the wait is not prolonged.

    What concerns the chain (deadlines, windows, budgets) goes by the time of its blocks instead.

    Args:
        since: first reading, Unix time, seconds.
        now: second reading.
    """
    return abs(now - since)
