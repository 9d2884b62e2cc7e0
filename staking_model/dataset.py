"""Windows and labels for training, split by token and by time.

Windows are made by the very integer features that the contracts compute.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from staking_model.features import (
    INPUTS,
    WAD,
    WINDOW,
    FeatureParameters,
    epoch_features,
    premium_wad,
)
from staking_model.labels import HORIZON, MAX_DURATION_EPOCHS, TRAILING, exit_events, staking_durations
from staking_model.market import Market, observations_of
from staking_model.profiles import random_profile
from staking_model.simulator import simulate

FIRST_EPOCH: Final = TRAILING + WINDOW
"""Epochs before it hold the first deposits or lack a trailing spread."""


@dataclass(frozen=True)
class Samples:
    """Windows with labels; N rows.

    Attributes:
        inputs: [N, 32] features in [-1, 1].
        duration: [N] staking duration over MAX_DURATION.
        event: [N] 1.0 where a stress event followed.
        past_event: [N] 1.0 where one was under way over the last ``HORIZON`` epochs; the persistence forecast.
        past_duration: [N] the newest duration fully known at the time, MAX_DURATION ago; its persistence forecast.
    """

    inputs: NDArray[np.float32]
    duration: NDArray[np.float32]
    event: NDArray[np.float32]
    past_event: NDArray[np.float32]
    past_duration: NDArray[np.float32]

    def __len__(self) -> int:
        """Rows."""
        return int(self.inputs.shape[0])


@dataclass(frozen=True)
class Split:
    """Three sets that share neither token nor time.

    Attributes:
        train: to fit.
        validation: to stop early.
        test: to report.
    """

    train: Samples
    validation: Samples
    test: Samples


@dataclass(frozen=True)
class DatasetSize:
    """How much is simulated.

    Attributes:
        train_tokens: tokens to fit on.
        other_tokens: tokens for each of validation and test.
        train_epochs: labelled epochs to fit on.
        other_epochs: labelled epochs for each of validation and test.
        stride: every how many epochs a training window is taken; neighbours are nearly equal.
    """

    train_tokens: int = 42
    other_tokens: int = 14
    train_epochs: int = 2400
    other_epochs: int = 1200
    stride: int = 3

    @property
    def boundaries(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """First and last epoch (exclusive) of train, validation and test.

        Between two sets lies a gap of MAX_DURATION, so that no label of one looks into the next.
        """
        train = (FIRST_EPOCH, FIRST_EPOCH + self.train_epochs)
        start = train[1] + MAX_DURATION_EPOCHS
        validation = (start, start + self.other_epochs)
        start = validation[1] + MAX_DURATION_EPOCHS
        return train, validation, (start, start + self.other_epochs)


def build_split(seed: int, parameters: FeatureParameters, size: DatasetSize) -> Split:
    """Simulate and cut train, validation and test sets."""
    tokens = size.train_tokens + 2 * size.other_tokens
    random = Random(seed)  # noqa: S311 - a market, not a secret
    profiles = [random_profile(random, number) for number in range(tokens)]
    cuts = (size.train_tokens, size.train_tokens + size.other_tokens)
    train, validation, test = size.boundaries
    # each market is simulated only as far as the labels of its set look
    parts = []
    for chosen, (first, last), stride in (
        (profiles[: cuts[0]], train, size.stride),
        (profiles[cuts[0] : cuts[1]], validation, 1),
        (profiles[cuts[1] :], test, 1),
    ):
        market = simulate(seed, last + MAX_DURATION_EPOCHS + 1, chosen)
        parts.append(samples_of(market, parameters, first, last, stride))
    return Split(*parts)


def samples_of(market: Market, parameters: FeatureParameters, first: int, last: int, stride: int) -> Samples:
    """Windows that end in [first, last) of every asset of a simulated market."""
    parts = [_asset_samples(market, symbol, parameters, range(first, last, stride)) for symbol in market.points]
    return Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _asset_samples(
    market: Market, symbol: str, parameters: FeatureParameters, epochs: range
) -> tuple[NDArray[np.float32], ...]:
    observations = observations_of(market.points[symbol])
    premiums = [premium_wad(observation) / WAD for observation in observations]
    events = exit_events(premiums, [observation.mean_total for observation in observations])
    durations = staking_durations(market.truths[symbol])
    rows = [
        epoch_features(observations[epoch - 1], observations[epoch], parameters)
        for epoch in range(1, len(observations))
    ]
    table = np.asarray(rows, dtype=np.float32) / parameters.one
    known = [epoch for epoch in epochs if events[epoch] is not None and durations[epoch] is not None]
    # row e - 1 of the table is epoch e, so the window that ends with epoch e is rows [e - WINDOW, e)
    inputs = np.stack([table[epoch - WINDOW : epoch].reshape(INPUTS) for epoch in known])
    earlier = [max(epoch - MAX_DURATION_EPOCHS, 1) for epoch in known]
    columns = (
        [durations[epoch] for epoch in known],
        [events[epoch] for epoch in known],
        [bool(events[epoch - HORIZON]) for epoch in known],
        [durations[epoch] for epoch in earlier],
    )
    return inputs, *(np.asarray(column, dtype=np.float32) for column in columns)
