"""What profiles take from the calibration as it is: the records, their episodes, the network's queue."""

from __future__ import annotations

from typing import Final

from staking_model.calibrated import Calibration
from staking_model.episodes import PastShape

HOURS_PER_YEAR: Final = 24 * 365
RECORDS: Final = ("weETH", "stETH")
"""Tokens whose price the calibration knows."""
SMOOTH_FEED: Final = 2
"""Epochs over which a smooth feed shows the mean. weETH's record is called a rolling median of 24 hours, but its hourly
changes are correlated by 0.45 from one to the next: a mean of two hours gives 0.5, a median of 24 about 0.8."""


def episode_hazard(known: Calibration, asset: str) -> float:
    """Chance per calm epoch that an episode begins: as often as one longer than a step did on a token's record.

    Those of a single step are left to calm, whose own wander makes as many.
    """
    share = len(past_shapes(known, asset)) / len(known.episodes_of(asset))
    return share * known.of("episodes_per_year", asset) / HOURS_PER_YEAR


def past_shapes(known: Calibration, asset: str) -> tuple[PastShape, ...]:
    """The episodes on a token's record that lasted longer than a step."""
    return tuple(
        PastShape(episode.depth, episode.slide_hours, episode.half_life_hours)
        for episode in known.episodes_of(asset)
        if episode.hours > episode.step_hours
    )


def network_waits(known: Calibration) -> tuple[tuple[float, float], ...]:
    """Quantiles of the network's exit queue: share and epochs."""
    return tuple((percent / 100, 24 * known.value(f"exit_wait_q{percent:03d}")) for percent in WAIT_QUANTILES)


WAIT_QUANTILES: Final = (50, 75, 90, 95, 100)
"""Percentages at which the calibration knows the wait."""
