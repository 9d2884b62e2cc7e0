"""How far a miner's own word on its queue counts, so that claiming a long one keeps no work away for long: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

BELIEVED_SECONDS = 300.0
"""For so long a claimed queue counts. One that lasts is in the measured times, because benchmarks wait in it too."""
REGAINED_PER_SECOND = 0.25
"""Belief that a second without a queue gives back: who claims one again and again is believed a fifth of the time."""


@dataclass(frozen=True)
class QueueClaim:
    """What a miner said of its queue in the newest survey.

    Attributes:
        length: requests that wait there, as it says.
        at: when it said so, seconds on a monotonic clock.
        belief: for how many more seconds such claims count.
    """

    length: int = 0
    at: float = 0.0
    belief: float = BELIEVED_SECONDS

    def followed_by(self, length: int, now: float) -> QueueClaim:
        """The claim of the next survey; what was said before has stood until now."""
        elapsed = now - self.at
        change = -elapsed if self.length else elapsed * REGAINED_PER_SECOND
        return replace(self, length=length, at=now, belief=min(BELIEVED_SECONDS, max(0.0, self.belief + change)))

    def believed(self, workers: int) -> int:
        """Requests that are taken to be ahead of ours.

        One round of its workers at most: miners serve their callers in turn (``neurons.miner.fair_order``).

        Args:
            workers: of the miner.
        """
        return min(self.length, workers) if self.belief > 0 else 0
