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
        queue_length: requests of others that are taken to wait there (``neurons.validator.claims``).
        seconds: that it typically takes, as we measured it; None before the first answer.
        failures: requests in a row that it has not answered rightly or not in its expected time.
    """

    hotkey: str
    endpoint: str
    workers: int
    in_flight: int
    asked: int
    queue_length: int = 0
    seconds: float | None = None
    failures: int = 0

    @property
    def occupied(self) -> float:
        """Requests ahead of one more, by worker."""
        return (self.in_flight + self.queue_length) / self.workers


EXPLORE_EVERY = 8
"""One request in this many goes to the miner that was asked least, so that slow and new miners are measured again."""
_MOST_DOUBLINGS = 10


def expected_finish(miner: Candidate, assumed: float) -> float:
    """Seconds until one more request is answered: a round for what is ahead on each worker, and its own.

    Each failure in a row doubles them: a miner that has stopped working is asked last.

    Args:
        miner: whom.
        assumed: seconds of a miner that has not been measured.
    """
    seconds = assumed if miner.seconds is None else miner.seconds
    return seconds * (1 + int(miner.occupied)) * 2.0 ** min(miner.failures, _MOST_DOUBLINGS)


def choose_miner(candidates: Sequence[Candidate], tried: Collection[str], *, explore: bool = True) -> Candidate | None:
    """The miner that is expected to finish first; None when each is busy or tried already.

    Args:
        candidates: miners that hold the circuit.
        tried: hotkeys that have been asked for this already.
        explore: whether a miner that was never measured, and now and then the one asked least, goes first. A
            customer's query is not where a new miner is tried out, unless nobody else is there.
    """
    free = [miner for miner in candidates if miner.hotkey not in tried and miner.in_flight < miner.workers]
    if not free:
        return None
    sound = [miner for miner in free if miner.failures == 0]
    unmeasured = [miner for miner in sound if miner.seconds is None]
    if explore and unmeasured:
        return min(unmeasured, key=lambda miner: (miner.occupied, miner.asked, miner.hotkey))
    if explore and sound and sum(miner.asked for miner in candidates) % EXPLORE_EVERY == EXPLORE_EVERY - 1:
        return min(sound, key=lambda miner: (miner.asked, miner.occupied, miner.hotkey))
    slowest = max((miner.seconds for miner in free if miner.seconds is not None), default=1.0)
    return min(
        free,
        key=lambda miner: (expected_finish(miner, slowest), miner.seconds is None, miner.asked, miner.hotkey),
    )
