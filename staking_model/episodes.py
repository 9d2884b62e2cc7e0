"""A depeg episode: rumour, slide, recovery."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, exp2, log
from random import Random
from typing import Final

RUMOUR: Final = (3, 12)
"""Epochs of rumour; assumed, because no record shows rumours."""
PANIC_DEPTH: Final = 0.02
"""Severity from which stress is full; assumed."""
OVER: Final = 0.03
"""An episode ends when it has decayed to this; assumed."""


@dataclass(frozen=True)
class EpisodeRanges:
    """From what episodes are drawn; each evenly on a logarithmic scale, since records span orders of magnitude.

    Attributes:
        severity: smallest and largest depth, a fraction.
        slide: shortest and longest time from begin to bottom, epochs.
        half_life: shortest and longest time to recover by half, epochs.
    """

    severity: tuple[float, float]
    slide: tuple[float, float]
    half_life: tuple[float, float]


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
    def draw(cls, random: Random, onset: int, ranges: EpisodeRanges) -> Episode:
        """A random episode that begins at ``onset``."""
        return cls(
            onset=onset,
            rumour=random.randint(*RUMOUR),
            slide=max(1, round(log_uniform(random, ranges.slide))),
            half_life=log_uniform(random, ranges.half_life),
            severity=log_uniform(random, ranges.severity),
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


def log_uniform(random: Random, ends: tuple[float, float]) -> float:
    """A number between two positive ones, evenly on a logarithmic scale."""
    low, high = ends
    return exp(random.uniform(log(low), log(high)))
