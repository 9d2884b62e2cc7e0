"""Who may wait for a prover, for how long, and who is next: pure decisions, the time is always an argument.

A request that cannot be ready in time is refused at once with the expected wait instead of timing out. When the
queue is full, whoever holds more places than the newcomer gives one back, so that a caller who asks ten times as
often keeps nobody out; a caller's own benchmarks give way to its queries.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass

from neurons.messages import RefusalCode
from neurons.miner.durations import ProofDurations
from neurons.miner.fair_order import FairOrder, RequestKind, Ticket
from neurons.refusing import RefusedError


@dataclass(frozen=True)
class Admission:
    """A request that was taken.

    Attributes:
        ticket: its place.
        expected_wait: seconds until its proof begins, if nobody goes before it later.
        displaced: the request that gave up its place for it; None when there was room.
    """

    ticket: Ticket
    expected_wait: float
    displaced: Ticket | None


class ProvingQueue:
    """Places of requests that wait or are proved.

    Args:
        workers: proofs made at the same time.
        limit: requests that may wait for a worker.
        caller_limit: requests that one caller may have waiting and proved at the same time; None: any number.
        durations: of the circuits' proofs.
    """

    def __init__(
        self, *, workers: int, limit: int, caller_limit: int | None = None, durations: ProofDurations | None = None
    ) -> None:
        self.workers, self.limit = workers, limit
        self.durations = durations or ProofDurations()
        self._caller_limit = caller_limit
        self._numbers = itertools.count(1)
        self._order = FairOrder()
        self._running: dict[Ticket, float] = {}

    @property
    def waiting(self) -> int:
        """Requests that wait for a worker."""
        return len(self._order)

    @property
    def running(self) -> int:
        """Requests that are being proved."""
        return len(self._running)

    def admit(self, caller: str, kind: RequestKind, circuit_id: str, deadline_seconds: float, now: float) -> Admission:
        """Give a request a place.

        Args:
            caller: ss58 hotkey that asks.
            kind: what the proof is for.
            circuit_id: circuit to prove under.
            deadline_seconds: how long the caller waits.
            now: instant, seconds.

        Raises:
            RefusedError: no place is free, the proof could not be ready in time, or the caller has too many.
        """
        expected = self.durations.expected(circuit_id)
        ticket = Ticket(next(self._numbers), caller, kind, circuit_id, expected, now + deadline_seconds)
        displaced = self._make_room(ticket, now)
        wait = self._wait_of(ticket, now, without=displaced)
        ready = wait + self._least_seconds(circuit_id)
        if ready > deadline_seconds:
            raise RefusedError(
                RefusalCode.DEADLINE_TOO_SHORT,
                f"the proof would take {ready:.1f} s, the deadline is {deadline_seconds:g} s",
                retry_after=wait,
            )
        if displaced is not None:
            self._order.remove(displaced)
        self._order.add(ticket)
        return Admission(ticket, wait, displaced)

    def start(self, now: float) -> Ticket | None:
        """The request whose proof begins now; None when no worker is free or nothing waits."""
        if self.running >= self.workers:
            return None
        ticket = self._order.take()
        if ticket is not None:
            self._running[ticket] = now
        return ticket

    def drop_late(self, now: float) -> tuple[Ticket, ...]:
        """Take out what could not be ready in time any more, were it begun now."""
        late = self._order.late(lambda ticket: now + self._least_seconds(ticket.circuit_id))
        for ticket in late:
            self._order.remove(ticket)
        return late

    def withdraw(self, ticket: Ticket) -> None:
        """Give back the place of a request that waits: its caller has left, or its deadline has passed."""
        self._order.remove(ticket)

    def finish(self, ticket: Ticket) -> None:
        """Free the worker of a request that was being proved."""
        self._running.pop(ticket, None)

    def expected_wait(self, kind: RequestKind, now: float) -> float:
        """Seconds that a newcomer's request would wait now."""
        return self._wait_of(Ticket(next(self._numbers), "", kind, "", 0.0, now), now, without=None)

    def _make_room(self, ticket: Ticket, now: float) -> Ticket | None:
        """The request that has to go for this one; None when there is room."""
        mine = sum(t.caller == ticket.caller for t in self._running)
        mine += self._order.held(ticket.caller)
        if self._caller_limit is not None and mine >= self._caller_limit:
            raise RefusedError(
                RefusalCode.CALLER_LIMIT,
                f"{mine} requests of {ticket.caller} are admitted, the limit is {self._caller_limit}",
                retry_after=self._wait_of(ticket, now, without=None),
            )
        if self.running + self.waiting < self.workers + self.limit:
            return None
        victim = self._victim(ticket)
        if victim is None:
            raise RefusedError(
                RefusalCode.QUEUE_FULL,
                f"{self.waiting} requests wait, the limit is {self.limit}",
                retry_after=self._wait_of(ticket, now, without=None),
            )
        return victim

    def _victim(self, ticket: Ticket) -> Ticket | None:
        order = self._order
        holder = order.largest_holder()
        # of equals nobody gives way, or two callers could displace each other for ever
        if holder is not None and order.held(holder) > order.held(ticket.caller) + 1:
            return order.last_of(holder)
        own = order.last_of(ticket.caller)
        return own if own is not None and own.priority > ticket.priority else None

    def _least_seconds(self, circuit_id: str) -> float:
        """What a proof has taken here; 0 before the first.

        A builder's figure refuses nobody: on a faster machine than his no proof would ever be begun and measured.
        """
        return self.durations.seconds(circuit_id) or 0.0

    def _wait_of(self, ticket: Ticket, now: float, *, without: Ticket | None) -> float:
        """Seconds until a worker would begin with the request, by playing what is admitted to its end."""
        order = self._order.copy()
        if without is not None:
            order.remove(without)
        order.add(ticket)
        free = [max(0.0, begun + other.seconds - now) for other, begun in self._running.items()]
        free += [0.0] * (self.workers - len(free))
        heapq.heapify(free)
        while True:
            start = heapq.heappop(free)
            following = order.take()
            if following is None or following == ticket:
                return start
            heapq.heappush(free, start + following.seconds)
