"""What every source of observations gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from staking_model.features import OBSERVATIONS, FeatureParameters, window_features
from staking_model.market import StakeEvent
from statements.observation import Observation


@dataclass(frozen=True)
class AssetHistory:
    """One asset's record.

    Attributes:
        asset: token address or symbol.
        epoch_seconds: length of an epoch of this source: 3600 for hours, 86400 for days.
        observations: oldest first, at most one per epoch; epochs may be missing.
        events: who deposited and withdrew when, from the first deposit on; None where the source does not know.
        notes: remarks for the reader, such as a column that was missing and what stands for it.
    """

    asset: str
    epoch_seconds: int
    observations: tuple[Observation, ...]
    events: tuple[StakeEvent, ...] | None
    notes: tuple[str, ...] = ()


class ObservationSource(Protocol):
    """A place that observations come from."""

    def assets(self) -> tuple[str, ...]:
        """Assets that it knows."""

    def history(self, asset: str) -> AssetHistory:
        """The record of one asset.

        Raises:
            VeristakeError: the asset is unknown or its record cannot be read.
        """


def unbroken_runs(observations: Sequence[Observation]) -> Iterator[tuple[Observation, ...]]:
    """Longest runs of consecutive epochs under one config version: what windows can be cut from."""
    start = 0
    for index, (before, now) in enumerate(pairwise(observations), start=1):
        if now.epoch != before.epoch + 1 or now.config_version != before.config_version:
            yield tuple(observations[start:index])
            start = index
    if observations:
        yield tuple(observations[start:])


def input_windows(
    observations: Sequence[Observation], parameters: FeatureParameters
) -> Iterator[tuple[Observation, tuple[int, ...]]]:
    """Every whole window's newest observation with the model's 32 inputs, oldest first."""
    for run in unbroken_runs(observations):
        for end in range(OBSERVATIONS, len(run) + 1):
            yield run[end - 1], window_features(run[end - OBSERVATIONS : end], parameters)
