"""Asking an endpoint no more than it allows: a bucket of our own, and what it says about rest. No I/O."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

LONGEST_REST_SECONDS = 3600.0
"""An endpoint that wants more rest than this is asked again after it."""
BURST_SHARE = 0.1
"""Share of a second's requests that may go out at once; the others are spread."""


class TokenBucket:
    """Requests to one endpoint: in any time of ``t`` seconds at most ``burst + rate * t`` of them.

    It keeps one moment in place of a count of tokens (the generic cell rate algorithm of ITU-T I.371): when the bucket
    would be full again.

    Args:
        rate: requests a second.
        burst: that may go out at once, at least 1; None: a tenth of a second's.
    """

    def __init__(self, rate: float, burst: float | None = None) -> None:
        burst = max(1.0, rate * BURST_SHARE) if burst is None else burst
        self._interval = 1.0 / rate
        self._slack = (burst - 1.0) * self._interval
        self._full_at = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next request may go out; 0 for at once.

        Args:
            now: monotonic clock, seconds.
        """
        return max(0.0, self._full_at - self._slack - now)

    def take(self, now: float) -> float:
        """Take the next request's place; returns the seconds that it has to wait."""
        wait = self.wait(now)
        self._full_at = max(self._full_at, now + wait) + self._interval
        return wait


def rest_seconds(retry_after: str, *, date: str, now: datetime) -> float | None:
    """How long an endpoint wants to be left alone, by its header ``Retry-After`` (RFC 9110, section 10.2.3).

    Args:
        retry_after: seconds, or a date.
        date: the answer's own header ``Date``: by this clock the date was meant.
        now: of this machine, for an answer without one.

    Returns:
        Seconds, at most an hour; None when the header is missing or says nothing that can be read.
    """
    if retry_after.strip().isdecimal():
        return min(float(retry_after), LONGEST_REST_SECONDS)
    until = _moment(retry_after)
    if until is None:
        return None
    return min(max(0.0, (until - (_moment(date) or now)).total_seconds()), LONGEST_REST_SECONDS)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    # "-0000" gives a time without a zone, which HTTP does not have
    return None if moment.tzinfo is None else moment
