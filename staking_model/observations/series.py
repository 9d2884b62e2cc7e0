"""From what an observer recorded to the series that windows are cut from, by the contract's own rules.

The first observation of a series is a baseline, which no window contains; so is the one after it unless it is of the
next epoch and its supply lies within 2 %, as every supply does that the contract held against the one before. Missed
epochs, which the contract fills, show in the next observation's ``elapsed``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from statements.observation import Observation

SUPPLY_BAND_PERCENT: Final = 2
"""As in AssetObserver."""


def without_baselines(recorded: Iterable[Observation]) -> tuple[Observation, ...]:
    """Every observation that a window can contain, carried ones filled in.

    Args:
        recorded: of one asset, in the order of the chain.
    """
    series: list[Observation] = []
    previous: Observation | None = None
    previous_is_baseline = True
    for now in recorded:
        continues = previous is not None and _continues(previous, previous_is_baseline, now)
        if previous is not None and continues:
            repeated = {"carried": True, "elapsed": 1}
            series += [
                previous.model_copy(update=repeated | {"epoch": epoch})
                for epoch in range(previous.epoch + 1, now.epoch)
            ]
            series.append(now)
        previous, previous_is_baseline = now, not continues
    return tuple(series)


def _continues(previous: Observation, previous_is_baseline: bool, now: Observation) -> bool:
    gap = now.epoch - previous.epoch
    # the contract writes the gap into elapsed when it goes on, and 1 when it begins again
    if now.elapsed != gap:
        return False
    if not previous_is_baseline:
        return True
    least = previous.supply * (100 - SUPPLY_BAND_PERCENT) // 100
    most = -(-previous.supply * (100 + SUPPLY_BAND_PERCENT) // 100)
    return gap == 1 and least <= now.supply <= most
