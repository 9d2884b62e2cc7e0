"""Which miner to ask next: a pure choice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """A miner that holds the circuit.

    Attributes:
        hotkey: ss58 address.
        endpoint: URL.
        workers: requests it works on at the same time.
        in_flight: requests of ours that it has not answered.
        asked: how many requests it has had from us, so that turns are taken.
    """

    hotkey: str
    endpoint: str
    workers: int
    in_flight: int
    asked: int


def choose_miner(candidates: Sequence[Candidate], tried: Collection[str]) -> Candidate | None:
    """The least occupied miner, then the one asked least often; None when each is busy or tried already.

    Args:
        candidates: miners that hold the circuit.
        tried: hotkeys that have failed at this statement.
    """
    free = [miner for miner in candidates if miner.hotkey not in tried and miner.in_flight < miner.workers]
    return min(free, key=lambda miner: (miner.in_flight / miner.workers, miner.asked, miner.hotkey), default=None)
