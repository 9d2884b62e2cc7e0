"""Whose request is next, so that callers who all want more than there is get equal shares of proving time.

Start-time fair queueing (Goyal, Vin, Cheng 1996) with equal weights: each caller has a clock that its served proofs
move on by their expected seconds, the caller whose clock is furthest back is next, and a caller that comes back
begins at the present, so that nobody saves up time by not asking. All kinds of requests move the one clock: a caller
names the kind itself, and must not get more by calling everything a query.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class RequestKind(StrEnum):
    """What a proof is for."""

    OBSERVATION = "observation"
    QUERY = "query"
    BENCHMARK = "benchmark"


class Priority(IntEnum):
    """Lower goes first among the requests of one caller, and of callers whose clocks are equal."""

    PAYING = 0
    BENCHMARK = 1


PRIORITY_OF = {
    RequestKind.OBSERVATION: Priority.PAYING,
    RequestKind.QUERY: Priority.PAYING,
    RequestKind.BENCHMARK: Priority.BENCHMARK,
}


@dataclass(frozen=True)
class Ticket:
    """An admitted request.

    Attributes:
        number: counts admissions.
        caller: ss58 hotkey that asks.
        kind: what the proof is for.
        circuit_id: circuit to prove under.
        seconds: expected of its proof.
        deadline: instant of the miner's clock at which the caller stops waiting, seconds.
    """

    number: int
    caller: str
    kind: RequestKind
    circuit_id: str
    seconds: float
    deadline: float

    @property
    def priority(self) -> Priority:
        """Priority of its kind."""
        return PRIORITY_OF[self.kind]

    @property
    def rank(self) -> tuple[Priority, int]:
        """Its order among the requests of its caller."""
        return self.priority, self.number


class FairOrder:
    """Requests that wait, each caller's by rank, and the callers' clocks."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Ticket]] = {}
        self._clocks: dict[str, float] = {}
        self._present = 0.0

    def __len__(self) -> int:
        return sum(len(tickets) for tickets in self._waiting.values())

    def held(self, caller: str) -> int:
        """Requests of a caller that wait."""
        return len(self._waiting.get(caller, ()))

    def add(self, ticket: Ticket) -> None:
        """Let a request wait."""
        if ticket.caller not in self._waiting:
            self._waiting[ticket.caller] = []
            self._clocks[ticket.caller] = max(self._clocks.get(ticket.caller, 0.0), self._present)
        bisect.insort(self._waiting[ticket.caller], ticket, key=lambda other: other.rank)

    def take(self) -> Ticket | None:
        """Take out the request that is next; None when nothing waits."""
        if not self._waiting:
            return None
        caller = min(self._waiting, key=lambda name: (self._clocks[name], self._waiting[name][0].rank))
        ticket = self._waiting[caller].pop(0)
        self._present = self._clocks[caller]
        self._clocks[caller] += ticket.seconds
        self._forget()
        return ticket

    def remove(self, ticket: Ticket) -> bool:
        """Take a request out that shall not be served; False when it does not wait."""
        tickets = self._waiting.get(ticket.caller)
        if tickets is None or ticket not in tickets:
            return False
        tickets.remove(ticket)
        self._forget()
        return True

    def largest_holder(self) -> str | None:
        """The caller with the most waiting requests; of equals the one that came last."""
        if not self._waiting:
            return None
        return max(self._waiting, key=lambda name: (len(self._waiting[name]), self._waiting[name][-1].number))

    def last_of(self, caller: str) -> Ticket | None:
        """The request of a caller whose turn would be last: its newest of lowest priority; None when none waits."""
        tickets = self._waiting.get(caller)
        return tickets[-1] if tickets else None

    def late(self, ready: Callable[[Ticket], float]) -> tuple[Ticket, ...]:
        """Requests that cannot be in time.

        Args:
            ready: earliest instant at which a request's proof would be ready, seconds.
        """
        return tuple(
            ticket for tickets in self._waiting.values() for ticket in tickets if ready(ticket) > ticket.deadline
        )

    def copy(self) -> FairOrder:
        """The same, to try out what would happen."""
        other = FairOrder()
        other._waiting = {caller: list(tickets) for caller, tickets in self._waiting.items()}
        other._clocks, other._present = dict(self._clocks), self._present
        return other

    def _forget(self) -> None:
        """Drop callers without requests whose clocks say nothing: memory stays bounded by who takes part."""
        self._waiting = {caller: tickets for caller, tickets in self._waiting.items() if tickets}
        self._clocks = {
            caller: clock for caller, clock in self._clocks.items() if caller in self._waiting or clock > self._present
        }
