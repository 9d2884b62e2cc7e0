"""Depegs on record, found the same way in public history and in simulated markets.

An *episode* is a time at which the premium lies more than ``EPISODE_DEPTH`` below its own median of the last 30 days;
two that are less than a day apart are one. Their frequency per calm year, depth, time from begin to bottom, time from
there until half of the depth is made good, and time until the last step outside the range.

Beside them a token's yearly growth, from its protocol rate, and the price of waiting for the exit queue.
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

HOURS_PER_YEAR: Final = 24 * 365
DAYS_PER_YEAR: Final = 365
EPISODE_DEPTH: Final = 0.002
"""Below the trailing median by this much, an episode is under way: 20 basis points."""
TRAILING_DAYS: Final = 30
SHORTEST_TRAIL_DAYS: Final = 5
"""Days of history needed before an episode can be told."""
_PIECE: Final = 2000

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
    trail, first = TRAILING_DAYS * steps_per_day, SHORTEST_TRAIL_DAYS * steps_per_day
    for now in range(first, min(trail, len(premiums))):
        below[now] = np.median(premiums[:now]) - premiums[now]
    if len(premiums) > trail:
        windows = np.lib.stride_tricks.sliding_window_view(premiums[:-1], trail)
        below[trail:] = _medians(windows) - premiums[trail:]
    return np.maximum(below, 0.0)


def _medians(windows: Vector) -> Vector:
    """Of each row, in pieces: a median copies what it is given."""
    return np.concatenate(
        [np.median(windows[start : start + _PIECE], axis=1) for start in range(0, len(windows), _PIECE)]
    )


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


def half_life(below: Vector, episode: PastEpisode) -> int | None:
    """Steps from its bottom until half of the depth is made good; None where it never is within the record."""
    healed = np.flatnonzero(below[episode.bottom :] <= episode.depth / 2)
    return int(healed[0]) if len(healed) else None


def calm_steps(steps: int, episodes: Sequence[PastEpisode]) -> NDArray[np.bool_]:
    """Whether each step is outside every episode."""
    calm = np.ones(steps, dtype=np.bool_)
    for episode in episodes:
        calm[episode.begin : episode.end + 1] = False
    return calm


def price_of_waiting(premiums: Vector, waits: Vector) -> float:
    """Discount for a wait of a year: the slope of a token's daily premium over the network's exit queue.

    Args:
        premiums: one per day.
        waits: of the exit queue on the same days, days.

    Returns:
        Least squares, a fraction per year; 0 where a longer wait came with a higher premium, or none changed.
    """
    spread = float(waits.var()) if len(waits) else 0.0
    if spread == 0:
        return 0.0
    return max(0.0, -float(np.cov(waits, premiums, ddof=0)[0, 1]) / spread * DAYS_PER_YEAR)


def yearly_growth(history: AssetHistory) -> float:
    """Growth of the fair rate, continuously compounded, over the whole record; a fraction per year."""
    first, last = history.observations[0], history.observations[-1]
    years = (last.observed_at - first.observed_at) / HOUR / HOURS_PER_YEAR
    if years <= 0:
        raise ConfigurationError(f"the record of {history.asset} has no length", remedy="Give a longer history")
    return log(last.rate / first.rate) / years
