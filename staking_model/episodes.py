"""A depeg episode: rumour, slide, recovery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, exp2, log
from random import Random
from typing import Final

RUMOUR: Final = (3, 12)
"""Epochs of rumour; assumed, because no record shows rumours."""
PANIC_DEPTH: Final = 0.02
"""Severity from which stress is full; assumed."""
OVER: Final = 0.1
"""An episode ends when it has decayed to this; assumed."""


VARIATION: Final = 1.25
"""A new episode is like one on record times or divided by up to this much, each figure by itself; assumed."""


@dataclass(frozen=True)
class PastShape:
    """What is known of an episode on record; new ones are drawn about such shapes, so that deep ones last longer.

    Attributes:
        severity: deepest discount, a fraction.
        slide: from begin to bottom, epochs.
        half_life: to recover by half, epochs.
    """

    severity: float
    slide: float
    half_life: float


@dataclass(frozen=True)
class Episode:
    """One depeg; times are epochs.

    Attributes:
        onset: first epoch of rumour.
        rumour: epochs in which stress rises to a half while the price hardly moves.
        slide: epochs in which the discount opens to ``severity`` at full stress.
        half_life: of stress and discount afterwards.
        severity: discount at the end of the slide.
    """

    onset: int
    rumour: int
    slide: int
    half_life: float
    severity: float

    @classmethod
    def draw(cls, random: Random, onset: int, shapes: Sequence[PastShape]) -> Episode:
        """A random episode that begins at ``onset``, like one of ``shapes``."""
        like = random.choice(shapes)
        return cls(
            onset=onset,
            rumour=random.randint(*RUMOUR),
            slide=max(1, round(_about(random, like.slide))),
            half_life=_about(random, like.half_life),
            severity=_about(random, like.severity),
        )

    def stress_at(self, epoch: int) -> float:
        """Stress in [0, 1], by which restakers leave; a shallow episode frightens less."""
        return min(1.0, self.severity / PANIC_DEPTH) * self._course_at(epoch)

    def is_over(self, epoch: int) -> bool:
        """Whether it has decayed to a share of ``OVER``."""
        return epoch - self.onset >= self.rumour and self._course_at(epoch) < OVER

    def _course_at(self, epoch: int) -> float:
        """From 0 to 1 and back."""
        age = epoch - self.onset
        if age < self.rumour:
            return 0.1 + 0.4 * age / self.rumour
        if age < self.rumour + self.slide:
            return 1.0
        return exp2((self.rumour + self.slide - age) / self.half_life)

    def depth_at(self, epoch: int) -> float:
        """Discount that the market aims at, as a fraction."""
        age = epoch - self.onset
        if age < self.rumour:
            return 0.1 * self.severity * age / self.rumour
        if age < self.rumour + self.slide:
            return self.severity * (0.1 + 0.9 * (age - self.rumour + 1) / self.slide)
        return self.severity * self._course_at(epoch)


def _about(random: Random, value: float) -> float:
    return log_uniform(random, (value / VARIATION, value * VARIATION))


def log_uniform(random: Random, ends: tuple[float, float]) -> float:
    """A number between two positive ones, evenly on a logarithmic scale."""
    low, high = ends
    return exp(random.uniform(log(low), log(high)))
