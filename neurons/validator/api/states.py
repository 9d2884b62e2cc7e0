"""States of a query, as a table."""

from __future__ import annotations

from enum import StrEnum


class QueryState(StrEnum):
    """Where a query is."""

    RECEIVED = "received"
    """Stored; no miner has been asked."""
    ASKED = "asked"
    """Miners are being asked, or were when the validator died."""
    ANSWERED = "answered"
    """A verified answer is stored."""
    FAILED = "failed"
    """No miner gave a right answer."""
    EXPIRED = "expired"
    """Its deadline passed before a right answer came."""


FOLLOWS: dict[QueryState, frozenset[QueryState]] = {
    QueryState.RECEIVED: frozenset({QueryState.ASKED, QueryState.EXPIRED}),
    # asked again after a restart: its answer is a pure function of its inputs, so nothing is done twice
    QueryState.ASKED: frozenset({QueryState.ASKED, QueryState.ANSWERED, QueryState.FAILED, QueryState.EXPIRED}),
    QueryState.ANSWERED: frozenset(),
    QueryState.FAILED: frozenset(),
    QueryState.EXPIRED: frozenset(),
}
"""Which states may follow which."""

OPEN = frozenset(state for state, following in FOLLOWS.items() if following)
"""States that do not last."""
ENDED = frozenset(FOLLOWS) - OPEN
"""States that last."""


def may_follow(present: QueryState, following: QueryState) -> bool:
    """Whether a query may go from one state to another."""
    return following in FOLLOWS[present]
