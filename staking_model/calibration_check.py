"""The simulator's depegs beside those on record, by the same estimators: is it as eventful as the market?

Prices only: holders are left out, whose redemptions lengthen the queue a little, and the network's own queue is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Final

import numpy as np

from staking_model.calibrated import Calibration, RecordedEpisode, calibrated
from staking_model.calibration import HOURS_PER_YEAR, Vector, calm_steps, past_episodes, shortfalls
from staking_model.past_markets import SMOOTH_FEED, episode_hazard, network_waits, past_shapes
from staking_model.premium import PremiumProcess
from staking_model.profiles import AssetProfile, demo_profile
from staking_model.withdrawal_queue import WithdrawalQueue

HOURS_PER_DAY: Final = 24
TOLERANCE: Final = 1.6
"""Factor by which a figure of the simulator may differ from a record's. The records hold 3 and 15 episodes, of which 0
and 5 deep: by the square root of a count their frequencies are themselves known to 58 %, 26 % and 45 % only."""
RARE: Final = 0.2
"""Episodes a year that may be where the record has none: its 1.4 years would most likely have shown none."""
DEEP: Final = 0.01
"""Depth from which an episode counts as deep."""


@dataclass(frozen=True)
class EpisodeStatistics:
    """Depegs of a record or of simulated markets.

    Attributes:
        per_year: episodes per calm year.
        depth: median of the deepest shortfalls, a fraction.
        hours: median time from begin to end.
        deep_per_year: episodes of ``DEEP`` or more per calm year.
    """

    per_year: float
    depth: float
    hours: float
    deep_per_year: float


def record_profile(asset: str, calibration: Calibration | None = None) -> AssetProfile:
    """A token whose price moves as that of one record does; the rest is the calm demo token's.

    Args:
        asset: one of ``RECORDS``.
        calibration: figures from real history; the committed ones when None.
    """
    known = calibration or calibrated()
    return replace(
        demo_profile("weETH", 1),
        symbol=asset,
        mean_premium=known.of("mean_premium", asset),
        reversion=known.of("reversion", asset),
        noise=known.of("noise", asset),
        volatility_spread=known.of("volatility_spread", asset),
        price_of_waiting=known.of("price_of_waiting", asset),
        feed_epochs=SMOOTH_FEED if asset == "weETH" else 1,
        episode_hazard=episode_hazard(known, asset),
        episodes=past_shapes(known, asset),
        network_waits=network_waits(known),
    )


def recorded_statistics(known: Calibration, asset: str) -> EpisodeStatistics:
    """The target: what the committed figures say of a token."""
    episodes: Sequence[RecordedEpisode] = known.episodes_of(asset)
    per_year = known.of("episodes_per_year", asset)
    return EpisodeStatistics(
        per_year=per_year,
        depth=float(np.median([episode.depth for episode in episodes])),
        hours=float(np.median([episode.hours for episode in episodes])),
        deep_per_year=per_year * sum(episode.depth >= DEEP for episode in episodes) / len(episodes),
    )


def disagreements(found: EpisodeStatistics, target: EpisodeStatistics) -> tuple[str, ...]:
    """Figures that differ by more than ``TOLERANCE``, each with both values; a target of 0 must be met nearly."""
    return tuple(
        f"{field.name} {value:g} against {wanted:g}"
        for field in fields(EpisodeStatistics)
        if not _agree(value := getattr(found, field.name), wanted := getattr(target, field.name))
    )


def _agree(found: float, target: float) -> bool:
    return found <= RARE if target == 0 else target / TOLERANCE <= found <= target * TOLERANCE


def measured_statistics(series: Iterable[Vector], hours_per_step: int) -> EpisodeStatistics:
    """What the estimators of the records find in other series.

    Args:
        series: premiums, one per step; each market by itself.
        hours_per_step: 1 for hourly series, 24 for daily ones.

    Returns:
        Over all series; medians are 0 where there is no episode.
    """
    per_day = HOURS_PER_DAY // hours_per_step
    depths: list[float] = []
    hours: list[float] = []
    calm_years = 0.0
    for premiums in series:
        episodes = past_episodes(shortfalls(premiums, per_day), per_day)
        depths += [episode.depth for episode in episodes]
        hours += [(episode.end - episode.begin + 1) * hours_per_step for episode in episodes]
        calm_years += float(calm_steps(len(premiums), episodes).sum()) * hours_per_step / HOURS_PER_YEAR
    return EpisodeStatistics(
        per_year=len(depths) / calm_years,
        depth=float(np.median(depths)) if depths else 0.0,
        hours=float(np.median(hours)) if hours else 0.0,
        deep_per_year=sum(depth >= DEEP for depth in depths) / calm_years,
    )


def simulated_premiums(profile: AssetProfile, seed: int, epochs: int) -> Vector:
    """Premiums of one token without its holders, one per epoch."""
    random = Random(f"{seed}/{profile.symbol}")  # noqa: S311 - a market, not a secret
    process = PremiumProcess(profile, random)
    queue = WithdrawalQueue(0.0, profile.network_waits, random)
    premiums = np.empty(epochs)
    for epoch in range(epochs):
        process.step(epoch, queue.wait)
        queue.step(0.0)
        premiums[epoch] = process.premium
    return premiums


def at_end_of_day(premiums: Vector) -> Vector:
    """The last hour of each day, as a daily record keeps it."""
    return premiums[HOURS_PER_DAY - 1 :: HOURS_PER_DAY]
