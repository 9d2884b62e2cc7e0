"""Waiting for a prover in the order that the queue decides, and giving the place back whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from neurons.messages import RefusalCode
from neurons.miner.fair_order import RequestKind, Ticket
from neurons.miner.queue import ProvingQueue
from neurons.refusing import RefusedError


class Places:
    """Holds requests until their turn.

    Args:
        queue: decides.
        clock: instant, seconds; for tests.
    """

    def __init__(self, queue: ProvingQueue, clock: Callable[[], float] = time.monotonic) -> None:
        self.queue = queue
        self._clock = clock
        self._turns: dict[Ticket, asyncio.Future[None]] = {}

    def expected_wait(self) -> float:
        """Seconds that a newcomer's query would wait now."""
        return self.queue.expected_wait(RequestKind.QUERY, self._clock())

    @asynccontextmanager
    async def hold(
        self, caller: str, kind: RequestKind, circuit_id: str, deadline_seconds: float
    ) -> AsyncIterator[Ticket]:
        """Wait for a worker, and hold it. A cancelled wait gives the place back.

        Args:
            caller: ss58 hotkey that asks.
            kind: what the proof is for.
            circuit_id: circuit to prove under.
            deadline_seconds: how long the caller waits.

        Raises:
            RefusedError: no place, or no worker in time, which is nobody's fault.
        """
        admission = self.queue.admit(caller, kind, circuit_id, deadline_seconds, self._clock())
        ticket = admission.ticket
        turn = asyncio.get_running_loop().create_future()
        self._turns[ticket] = turn
        if admission.displaced is not None:
            self._refuse(
                admission.displaced, RefusalCode.QUEUE_FULL, "the queue is full, and another request takes this place"
            )
        try:
            self._begin()
            await self._wait(turn, ticket, deadline_seconds)
            yield ticket
        finally:
            self._turns.pop(ticket, None)
            self.queue.withdraw(ticket)
            self.queue.finish(ticket)
            self._begin()

    async def _wait(self, turn: asyncio.Future[None], ticket: Ticket, deadline_seconds: float) -> None:
        try:
            await asyncio.wait_for(turn, max(0.0, ticket.deadline - self._clock()))
        except TimeoutError as error:
            raise RefusedError(
                RefusalCode.DEADLINE_TOO_SHORT,
                f"no worker became free within {deadline_seconds:g} s",
                retry_after=self.expected_wait(),
            ) from error

    def _begin(self) -> None:
        """Let requests begin while workers are free, none that could not be ready in time."""
        for late in self.queue.drop_late(self._clock()):
            self._refuse(late, RefusalCode.DEADLINE_TOO_SHORT, "no worker became free in time")
        while (ticket := self.queue.start(self._clock())) is not None:
            turn = self._turns.get(ticket)
            if turn is None or turn.done():
                # it was given up in this moment
                self.queue.finish(ticket)
            else:
                turn.set_result(None)

    def _refuse(self, ticket: Ticket, code: RefusalCode, message: str) -> None:
        turn = self._turns.pop(ticket, None)
        if turn is not None and not turn.done():
            turn.set_exception(RefusedError(code, message, retry_after=self.expected_wait()))
