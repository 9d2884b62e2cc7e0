"""How fast each caller may send requests."""

from __future__ import annotations

import time
from collections.abc import Callable

from daemon.token_bucket import Rate, take


class RequestRates:
    """Holds each caller to its rate of requests.

    It is kept in memory, because it refills within seconds.

    Args:
        clock: monotonic, seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def wait(self, caller_id: str, rate: Rate) -> float:
        """Count a request, and say how many seconds it comes too early; 0 when it is admitted.

        Args:
            caller_id: who sends it.
            rate: of this caller.
        """
        decision = take(self._full_at.get(caller_id, 0.0), self._clock(), rate)
        self._full_at[caller_id] = decision.full_at
        return decision.wait
