"""How a premium moves when nothing happens: reversion, noise and its bursts, estimated from public history.

In calm the premium is taken as a first-order autoregression about a mean, whose shocks have a volatility of their own.
Ordinary days say how large and how lasting the shocks are, so medians are used: the standard deviation of all calm
days is twice as large, because volatility comes in bursts and because a level may shift for months, and a simulator
fed with it wanders into discounts that the record counts as episodes.

- Let m1 and m7 be the median sizes of changes over a day and a week. Of an autoregression with daily coefficient phi,
  (m7 / m1)^2 = (1 - phi^7) / (1 - phi), which rises with phi from 1 to 7: it is solved for phi.
- The standard deviation about the mean is s = 1.4826 m1 / sqrt(2 (1 - phi)), for 1.4826 times the median size is the
  standard deviation of a normal variable; the hourly shock is s sqrt(1 - phi_h^2) with phi_h = phi^(1/24).
- Where volatility is log-normal with spread v about its median, the 90 % quantile of the size of a day's change is the
  larger beside m1 the larger v is (2.44 times m1 at v = 0): it is solved for v. The quantile leaves out the largest
  changes, which are those before and after episodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, exp, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

HOURS_PER_DAY: Final = 24
WEEK: Final = 7
NORMAL_MEDIAN: Final = 1.4826
"""Standard deviation of a normal variable over the median of its size."""
TAIL: Final = 0.9
LARGEST_SPREAD: Final = 2.0
_STEPS: Final = 40
_NODES: Final = 21
_LARGEST_SIZE: Final = 1000.0

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class CalmPremium:
    """The premium outside episodes.

    Attributes:
        mean: to which it reverts, a fraction.
        reversion: share of its distance to the mean that it covers per hour.
        noise: hourly shock at median volatility, a fraction.
        volatility_spread: standard deviation of the logarithm of the volatility.
    """

    mean: float
    reversion: float
    noise: float
    volatility_spread: float


def calm_premium(premiums: Vector, calm: NDArray[np.bool_], steps_per_day: int) -> CalmPremium:
    """Estimate it.

    Args:
        premiums: one per step.
        calm: whether each step is outside every episode.
        steps_per_day: 24 for hourly, 1 for daily series.
    """
    day = _changes(premiums, calm, steps_per_day)
    week = _changes(premiums, calm, WEEK * steps_per_day)
    mean = float(premiums[calm].mean())
    daily, weekly = _scale(day), _scale(week)
    if daily == 0:
        return CalmPremium(mean, 1.0, 0.0, 0.0)
    phi = _coefficient((weekly / daily) ** 2)
    hourly = phi ** (1 / HOURS_PER_DAY)
    deviation = daily / sqrt(2 * (1 - phi))
    ratio = NORMAL_MEDIAN * float(np.quantile(np.abs(day), TAIL)) / daily
    return CalmPremium(mean, 1 - hourly, deviation * sqrt(1 - hourly * hourly), volatility_spread(ratio))


def _changes(premiums: Vector, calm: NDArray[np.bool_], lag: int) -> Vector:
    changes: Vector = (premiums[lag:] - premiums[:-lag])[calm[lag:] & calm[:-lag]]
    return changes


def _scale(changes: Vector) -> float:
    """Standard deviation that a normal variable of this median size would have."""
    return NORMAL_MEDIAN * float(np.median(np.abs(changes)))


def volatility_spread(ratio: float) -> float:
    """Spread at which a normal variable with log-normal volatility has this ratio of 90 % quantile to median size.

    Args:
        ratio: of the quantiles; what lies beyond the ends of [0, ``LARGEST_SPREAD``] gives those.
    """
    return _solve(lambda spread: _size_quantile(spread, TAIL) / _size_quantile(spread, 0.5), ratio, 0, LARGEST_SPREAD)


def _size_quantile(spread: float, share: float) -> float:
    """Quantile of |exp(spread * n) z| with n and z standard normal; n by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)  # type: ignore[no-untyped-call]  # numpy gives no types
    terms = [(float(m), exp(-spread * n) / sqrt(2)) for n, m in zip(nodes, weights / weights.sum(), strict=True)]

    def below(size: float) -> float:
        return sum(mass * erf(size * factor) for mass, factor in terms)

    return _solve(below, share, 0, _LARGEST_SIZE)


def _coefficient(ratio: float) -> float:
    """Daily coefficient phi with (1 - phi^7) / (1 - phi) = ratio; kept inside (0, 1)."""
    return _solve(lambda phi: (1 - phi**WEEK) / (1 - phi), ratio, 1e-6, 1 - 1e-6)


def _solve(rising: Callable[[float], float], value: float, low: float, high: float) -> float:
    """Where a rising function takes a value, by bisection; an end where it does not."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return (low + high) / 2
