"""Whether a node's chain moves on: one that is stuck answers every question, with the state of long ago."""

from __future__ import annotations

import threading
from collections.abc import Callable

LAGGING_SECONDS = 120.0
"""Without a newer block for which a node, or by whose age this machine's clock, is not to be trusted: ten blocks."""


class Progress:
    """Remembers when the newest block was seen first; any thread may tell of one.

    Args:
        clock: monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._block = -1
        self._since = 0.0

    def age(self, block: int) -> float:
        """Seconds for which the node has given no newer block than this one or an earlier answer's.

        Args:
            block: as of which the node has just answered.
        """
        with self._lock:
            now = self._clock()
            if block > self._block:
                self._block, self._since = block, now
            return now - self._since
