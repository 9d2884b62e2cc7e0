"""How much longer stake of a given age stays: the product-limit estimate, weighted by units.

Survival S(age) is the share of units held longer than ``age`` (Kaplan and Meier 1958): at each age at which units
left, it falls by the share that left of the units then at risk. Units still held at the end of the record count as at
risk up to their age and are not dropped. Beyond the greatest age on record S goes on as an exponential through its
last value (Brown, Hollander and Korwar 1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class ResidualLife:
    """A survival curve, right-continuous and falling in steps.

    Attributes:
        ages: [K] where it falls, increasing, seconds.
        survival: [K] its value from each of those ages on; 1 before the first.
        oldest: greatest age on record, seconds.
    """

    ages: Vector
    survival: Vector
    oldest: float

    def surviving(self, age: float) -> float:
        """Share of units held longer than ``age`` seconds."""
        if age > self.oldest:
            return self._last * float(np.exp(-self._tail_hazard * (age - self.oldest)))
        index = int(np.searchsorted(self.ages, age, side="right"))
        return 1.0 if index == 0 else float(self.survival[index - 1])

    def mean_remaining(self, age: float, limits: Vector) -> Vector:
        """Restricted mean residual life: E[min(life - age, limit) | life > age].

        Args:
            age: of the stake, seconds; units of that age must survive.
            limits: [N] seconds.

        Returns:
            [N] seconds, each at most its limit.
        """
        alive = self.surviving(age)
        if alive <= 0:
            return np.zeros_like(limits)
        area = self._area(age + limits) - self._area(np.asarray([age], dtype=np.float64))
        # the area is a difference of long sums: rounding may carry it past its bounds
        remaining: Vector = np.clip(area / alive, 0.0, limits)
        return remaining

    @property
    def _last(self) -> float:
        return float(self.survival[-1]) if len(self.survival) else 1.0

    @property
    def _tail_hazard(self) -> float:
        if self.oldest <= 0 or self._last <= 0:
            return 0.0
        return -float(np.log(self._last)) / self.oldest

    @cached_property
    def _knots(self) -> tuple[Vector, Vector]:
        """Ages at which the slope changes, and the integral up to each."""
        knots = np.concatenate(([0.0], self.ages, [self.oldest]))
        heights = np.concatenate(([1.0], self.survival))
        return knots, np.concatenate(([0.0], np.cumsum(np.diff(knots) * heights)))

    def _area(self, until: Vector) -> Vector:
        """Integral of S from 0 to each of ``until``; piecewise linear up to ``oldest``, so interpolation is exact."""
        knots, areas = self._knots
        beyond = np.maximum(until - knots[-1], 0.0)
        hazard = self._tail_hazard
        tail = beyond if hazard == 0 else -np.expm1(-hazard * beyond) / hazard
        area: Vector = np.interp(until, knots, areas) + self._last * tail
        return area


def residual_life(lives: Vector, ended: NDArray[np.bool_], units: Vector) -> ResidualLife:
    """The product-limit estimate.

    Args:
        lives: [N] how long each lot was held, or has been held so far, seconds.
        ended: [N] whether it was withdrawn; False where it is still held.
        units: [N] its weight, positive.

    Returns:
        The survival curve; 1 everywhere when nothing ended.
    """
    if len(lives) == 0:
        return ResidualLife(np.zeros(0), np.zeros(0), 0.0)
    order = np.argsort(lives, kind="stable")
    lives, ended, units = lives[order], ended[order], units[order]
    ages, first = np.unique(lives, return_index=True)
    # units whose life reaches an age are at risk at it
    at_risk = np.cumsum(units[::-1])[::-1][first]
    left = np.add.reduceat(np.where(ended, units, 0.0), first)
    falls = left > 0
    survival = np.cumprod(np.clip(1.0 - left[falls] / at_risk[falls], 0.0, 1.0))
    return ResidualLife(ages[falls], survival, float(ages[-1]))
