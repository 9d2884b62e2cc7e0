"""How an endpoint has behaved lately, and what follows for the order in which endpoints are asked: no I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass

from relayer.backoff import backoff_seconds

LATENCY_WEIGHT = 0.2
"""Weight of the newest answer in the moving average."""
QUICK_SECONDS = 0.1
"""Answers quicker than this are all alike; above it each doubling counts, so that the order does not flutter."""
FIRST_SHUN_SECONDS = 0.5
LONGEST_SHUN_SECONDS = 30.0
FIRST_LIMIT_SECONDS = 1.0


@dataclass
class EndpointHealth:
    """Moving figures of one endpoint; times are of a monotonic clock, seconds.

    Attributes:
        latency: moving average of the time to an answer, seconds.
        failures: failures since the last answer.
        limits: refusals for asking too much since the last answer.
        shunned_until: asked only when no other is left, until then.
        limited_until: not asked at all until then: it said that we ask too much.
    """

    latency: float = 0.0
    failures: int = 0
    limits: int = 0
    shunned_until: float = 0.0
    limited_until: float = 0.0

    def answered(self, seconds: float) -> None:
        """It gave an answer, an error of JSON-RPC among them, after so many seconds."""
        self.latency += LATENCY_WEIGHT * (seconds - self.latency)
        self.failures, self.limits, self.shunned_until = 0, 0, 0.0

    def failed(self, now: float) -> None:
        """It gave no usable answer."""
        self.failures += 1
        wait = backoff_seconds(self.failures, first=FIRST_SHUN_SECONDS, longest=LONGEST_SHUN_SECONDS)
        self.shunned_until = now + wait

    def limited(self, now: float, retry_after: float | None) -> None:
        """It said that we ask too much (HTTP 429), and perhaps for how many seconds to leave it alone."""
        self.limits += 1
        wait = backoff_seconds(self.limits, first=FIRST_LIMIT_SECONDS, longest=LONGEST_SHUN_SECONDS)
        self.limited_until = now + max(retry_after or 0.0, wait)

    def rank(self, now: float) -> tuple[bool, int]:
        """Sort key: smaller is better; equal ones are asked in the order of the settings."""
        slow = 0 if self.latency <= QUICK_SECONDS else math.ceil(math.log2(self.latency / QUICK_SECONDS))
        return now < self.shunned_until, slow
