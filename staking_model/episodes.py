"""A depeg episode: rumour, slide, recovery."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp2
from random import Random


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
    def draw(cls, random: Random, onset: int, severity: tuple[float, float]) -> Episode:
        """A random episode that begins at ``onset``."""
        return cls(
            onset=onset,
            rumour=random.randint(3, 12),
            slide=random.randint(12, 40),
            half_life=random.uniform(12, 72),
            severity=random.uniform(*severity),
        )

    def stress_at(self, epoch: int) -> float:
        """Stress in [0, 1], by which restakers leave."""
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
        return self.severity * self.stress_at(epoch)
