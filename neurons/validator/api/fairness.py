"""Nobody's queries keep another's waiting: places shared by thresholds, and turns that go round the callers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_LOOK_SECONDS = 1.0
"""How often a waiting query looks whether more miners are there."""


def may_open(own: int, everybodys: int, limit: int) -> bool:
    """Whether a caller may have one more query under way: as long as it has fewer than there are places left.

    One caller alone gets half of the places, n greedy ones get limit / (n + 1) each, and a newcomer always finds one:
    the dynamic threshold of Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches",
    IEEE/ACM Transactions on Networking 6(2), 1998, with alpha = 1.

    Args:
        own: queries that the caller has under way.
        everybodys: queries under way, its own included.
        limit: most that may be under way.
    """
    return own < limit - everybodys


@dataclass
class _Lane:
    """Queries of one circuit: how many have a turn, and who waits, the caller whose turn is next first."""

    running: int = 0
    waiting: dict[str, deque[asyncio.Future[None]]] = field(default_factory=dict)

    def grant(self, capacity: int) -> None:
        """Give turns to whoever is next, as many as there are."""
        while self.waiting and self.running < capacity:
            caller = next(iter(self.waiting))
            queue = self.waiting.pop(caller)
            turn = queue.popleft()
            if queue:
                self.waiting[caller] = queue  # behind all others
            self.running += 1
            turn.set_result(None)

    def leave(self, caller: str, turn: asyncio.Future[None]) -> None:
        """Stop waiting, or give the turn back."""
        if turn.done():
            self.running -= 1
            return
        self.waiting[caller].remove(turn)
        if not self.waiting[caller]:
            del self.waiting[caller]


class Turns:
    """Lets as many queries of a circuit ask miners as these can work on, one caller after the other.

    Args:
        capacity: by circuit id, how many queries the miners can work on at the same time.
    """

    def __init__(self, capacity: Callable[[str], int]) -> None:
        self._capacity = capacity
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def turn(self, circuit_id: str, caller: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends.

        Args:
            circuit_id: that is asked for.
            caller: whose query it is.
        """
        lane = self._lanes.setdefault(circuit_id, _Lane())
        turn = asyncio.get_running_loop().create_future()
        lane.waiting.setdefault(caller, deque()).append(turn)
        try:
            self._grant(circuit_id, lane)
            while not turn.done():
                await asyncio.wait([turn], timeout=_LOOK_SECONDS)
                self._grant(circuit_id, lane)
            yield
        finally:
            lane.leave(caller, turn)
            self._grant(circuit_id, lane)

    def _grant(self, circuit_id: str, lane: _Lane) -> None:
        lane.grant(max(1, self._capacity(circuit_id)))
