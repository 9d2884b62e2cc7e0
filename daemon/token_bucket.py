"""A token bucket as a pure decision, for callers that are held to a rate. No clock and no state of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """What a caller may do.

    Attributes:
        per_second: requests a second in the long run.
        burst: requests at once, at least 1.
    """

    per_second: float
    burst: float


@dataclass(frozen=True)
class Decision:
    """Whether a request may go ahead.

    Attributes:
        full_at: when the bucket is full again, seconds of the caller's clock; to be kept for the next decision.
        wait: seconds until the request would be admitted; 0 when it is.
    """

    full_at: float
    wait: float

    @property
    def admitted(self) -> bool:
        """Whether the request may go ahead now."""
        return self.wait == 0.0


def take(full_at: float, now: float, rate: Rate) -> Decision:
    """Take a token, or say how long to wait for one: in any ``t`` seconds at most ``burst + per_second * t``.

    The generic cell rate algorithm of ITU-T I.371: one moment in place of a count of tokens.

    Args:
        full_at: of the decision before; 0 for a bucket that was never used.
        now: the same clock, seconds.
        rate: what is allowed.

    Returns:
        The decision; a refused request leaves ``full_at`` as it was.
    """
    interval = 1.0 / rate.per_second
    # a clock that was set back must not shut the caller out for longer than an empty bucket takes to fill
    full_at = min(full_at, now + rate.burst * interval)
    wait = full_at - now - (rate.burst - 1.0) * interval
    # a wait below a microsecond is rounding, not a limit
    if wait > 1e-6:
        return Decision(full_at, wait)
    return Decision(max(full_at, now) + interval, 0.0)
