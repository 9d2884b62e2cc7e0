"""Relayers with keys of their own that take turns: a pure function of the statement, without talking to each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Turn:
    """The place of a relayer among several that relay the same statements to the same chain.

    Attributes:
        index: of this relayer, from 0.
        relayers: how many there are.
        seconds: head start of each before the next.
    """

    index: int
    relayers: int
    seconds: float


def wait_for_turn(turn: Turn, statement_id: str) -> float:
    """Seconds that this relayer waits with a statement; the one whose turn it is does not wait.

    Each statement has a first relayer, picked by its hash, so that work and cost are shared evenly. The others follow
    in a circle. When their time comes, simulation tells them that it is recorded, unless those before them are down.

    Args:
        turn: of this relayer.
        statement_id: 0x-hex of a hash.
    """
    first = int(statement_id, 16) % turn.relayers
    return ((turn.index - first) % turn.relayers) * turn.seconds
