"""Parameters of the simulator, estimated from public history.

Per token with a market price:

- *reversion*: the premium of calm times is taken as a first-order autoregression. Its coefficient is the regression
  of the premium on itself a day before, brought to an hour by the 24th root: a day, because daily series know nothing
  finer and the hourly weETH series is a rolling median of 24 hours, which hides what happens within a day;
- *noise*: the hourly shock that gives the calm premium's standard deviation s at that reversion, s sqrt(1 - phi^2);
- *episodes*: times at which the premium lies more than ``EPISODE_DEPTH`` below its own median of the last 30 days; two
  that are less than a day apart are one. Their frequency per calm year, depth, time from begin to bottom, and time from
  there until half of the depth is made good.

Per token with a protocol rate its yearly growth; and quantiles of the exit queue of the whole network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from staking_model.observations.columns import HOUR
from staking_model.observations.source import AssetHistory
from statements.errors import ConfigurationError

HOURS_PER_DAY: Final = 24
HOURS_PER_YEAR: Final = 24 * 365
EPISODE_DEPTH: Final = 0.002
"""Below the trailing median by this much, an episode is under way: 20 basis points."""
TRAILING_DAYS: Final = 30
SHORTEST_TRAIL_DAYS: Final = 5
"""Days of history needed before an episode can be told."""

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class PastEpisode:
    """One depeg on record.

    Attributes:
        begin: step at which the premium fell out of its range.
        bottom: step of the deepest shortfall.
        end: last step outside the range.
        depth: deepest shortfall against the trailing median, a fraction.
    """

    begin: int
    bottom: int
    end: int
    depth: float


def premiums_of(history: AssetHistory) -> Vector:
    """Market price over fair rate minus 1, one per observation."""
    return np.asarray([o.price / o.rate - 1 for o in history.observations], dtype=np.float64)


def shortfalls(premiums: Vector, steps_per_day: int) -> Vector:
    """How far each premium lies below the median of the 30 days before it; 0 where there are fewer than 5 days."""
    below = np.zeros(len(premiums))
    for now in range(SHORTEST_TRAIL_DAYS * steps_per_day, len(premiums)):
        trail = premiums[max(0, now - TRAILING_DAYS * steps_per_day) : now]
        below[now] = max(0.0, float(np.median(trail)) - premiums[now])
    return below


def past_episodes(below: Vector, steps_per_day: int) -> tuple[PastEpisode, ...]:
    """Runs of shortfalls deeper than ``EPISODE_DEPTH``; runs less than a day apart are one."""
    deep = np.flatnonzero(below > EPISODE_DEPTH)
    if len(deep) == 0:
        return ()
    cuts = [index + 1 for index, (a, b) in enumerate(pairwise(deep)) if b - a > steps_per_day]
    episodes = []
    for run in np.split(deep, cuts):
        begin, end = int(run[0]), int(run[-1])
        bottom = begin + int(np.argmax(below[begin : end + 1]))
        episodes.append(PastEpisode(begin, bottom, end, float(below[bottom])))
    return tuple(episodes)


def half_lives(below: Vector, episodes: Sequence[PastEpisode]) -> list[int]:
    """Steps from each bottom until half of the depth is made good; not of those that never are within the record."""
    lives = []
    for episode in episodes:
        healed = np.flatnonzero(below[episode.bottom :] <= episode.depth / 2)
        if len(healed):
            lives.append(int(healed[0]))
    return lives


def calm_autoregression(premiums: Vector, calm: NDArray[np.bool_], steps_per_day: int) -> tuple[float, float, float]:
    """Mean, hourly coefficient and hourly shock of the premium in calm.

    Args:
        premiums: one per step.
        calm: whether each step is outside every episode.
        steps_per_day: 24 for hourly, 1 for daily series.

    Returns:
        Mean premium, phi per hour, standard deviation of the hourly shock.
    """
    now, later = premiums[:-steps_per_day], premiums[steps_per_day:]
    both = calm[:-steps_per_day] & calm[steps_per_day:]
    x, y = now[both], later[both]
    mean, deviation = float(premiums[calm].mean()), float(premiums[calm].std())
    if deviation == 0 or float(x.std()) == 0:
        return mean, 0.0, 0.0
    daily = float(np.clip(np.cov(x, y, ddof=0)[0, 1] / x.var(), 1e-6, 1 - 1e-6))
    hourly = daily ** (1 / HOURS_PER_DAY)
    return mean, hourly, deviation * (1 - hourly * hourly) ** 0.5


def yearly_growth(history: AssetHistory) -> float:
    """Growth of the fair rate, continuously compounded, over the whole record; a fraction per year."""
    first, last = history.observations[0], history.observations[-1]
    years = (last.observed_at - first.observed_at) / HOUR / HOURS_PER_YEAR
    if years <= 0:
        raise ConfigurationError(f"the record of {history.asset} has no length", remedy="Give a longer history")
    return log(last.rate / first.rate) / years
