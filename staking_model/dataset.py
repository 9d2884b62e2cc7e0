"""Windows and labels for training, split by token and by time, never at random.

Windows are made by the very integer features that the contracts compute. Between two sets of one series lies a gap of
at least the horizon of their labels, so that no label of one looks into the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from staking_model.durations import duration_labels
from staking_model.event_rules import HOURLY, EventRule
from staking_model.features import INPUTS, WAD, WINDOW, FeatureParameters, epoch_features, premium_wad
from staking_model.history import History
from staking_model.labels import (
    episode_blocks,
    events_under_way,
    exit_events,
)
from staking_model.market import Market, observations_of
from staking_model.profiles import random_profile
from staking_model.samples import Floats, Samples, Split, joined
from staking_model.score import MAX_DURATION
from staking_model.simulator import EPOCH_SECONDS, simulate
from statements.observation import Observation

MAX_DURATION_EPOCHS: Final = MAX_DURATION // EPOCH_SECONDS
FIRST_EPOCH: Final = HOURLY.trailing + WINDOW
"""Epochs before it hold the first deposits or lack a trailing spread."""
HISTORY_CUTS: Final = (0.6, 0.7)
"""Shares of a real series' time at which validation and test begin."""


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
    stride: int = 6

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
    parts = []
    for symbol, points in market.points.items():
        observations = observations_of(points)
        times = [observation.observed_at for observation in observations]
        labels = duration_labels(market.events[symbol], times, times[-1], MAX_DURATION)
        durations = np.asarray([np.nan if label is None else label.value for label in labels])
        totals = np.asarray([observation.mean_total for observation in observations], dtype=np.float64)
        whole = _series_samples(observations, totals, durations, parameters, HOURLY)
        # row i of the whole is the window that ends with epoch i + WINDOW
        chosen = whole.rows(slice(first - WINDOW, last - WINDOW, stride))
        parts.append(chosen.rows(np.isfinite(chosen.event) & np.isfinite(chosen.duration)))
    return joined(parts)


def history_samples(history: History, parameters: FeatureParameters) -> Samples:
    """Every labelled window of a real series, oldest first."""
    unknown = np.full(len(history.observations), np.nan)
    whole = _series_samples(history.observations, None, unknown, parameters, history.rule)
    return whole.rows(np.isfinite(whole.event))


def split_history(history: History, parameters: FeatureParameters, cuts: tuple[float, float] = HISTORY_CUTS) -> Split:
    """A real series cut by time, with the labels' horizon left out before each cut.

    Args:
        history: the series.
        parameters: of the features.
        cuts: shares of its time at which validation and test begin; a second one of 1 leaves nothing to test on.
    """
    whole = history_samples(history, parameters)
    times = [observation.observed_at for observation in history.observations]
    validation, test = (times[0] + int(cut * (times[-1] - times[0])) for cut in cuts)
    gap = history.rule.horizon * history.step_seconds
    return Split(
        train=whole.rows(whole.time < validation - gap),
        validation=whole.rows((whole.time >= validation) & (whole.time < test - gap)),
        test=whole.rows(whole.time >= test),
    )


def _series_samples(
    observations: Sequence[Observation],
    totals: NDArray[np.float64] | None,
    durations: NDArray[np.float64],
    parameters: FeatureParameters,
    rule: EventRule,
) -> Samples:
    """One row per window; the first ends with observation WINDOW. Unknown labels are nan."""
    premiums = np.asarray([premium_wad(observation) / WAD for observation in observations])
    events = exit_events(premiums, totals, rule)
    rows = [epoch_features(before, now, parameters) for before, now in pairwise(observations)]
    table = np.asarray(rows, dtype=np.float32) / parameters.one
    # row e - 1 of the table is epoch e, so the window that ends with epoch e is rows [e - WINDOW, e)
    windows = np.lib.stride_tricks.sliding_window_view(table, WINDOW, axis=0)
    lag = MAX_DURATION_EPOCHS
    late = np.concatenate((np.repeat(durations[1:2], lag), durations))[: len(durations)]

    def column(values: NDArray[np.float64]) -> Floats:
        return values[WINDOW:].astype(np.float32)

    return Samples(
        inputs=windows.transpose(0, 2, 1).reshape(-1, INPUTS),
        duration=column(durations),
        event=column(events),
        past_event=column(events_under_way(events, rule.horizon)),
        past_duration=column(late),
        recent_events=column(recent_events(events, rule.horizon)),
        block=episode_blocks(events, rule.horizon)[WINDOW:],
        time=np.asarray([observation.observed_at for observation in observations[WINDOW:]], dtype=np.int64),
    )


def recent_events(events: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """Exponentially weighted mean of the labels known at each epoch, with a half-life of 7 horizons.

    A label is known a horizon later. It starts at the first known label; nan before.
    """
    weight = 1 - 0.5 ** (1 / (7 * horizon))
    means = np.full(len(events), np.nan)
    mean = np.nan
    for now in range(horizon, len(events)):
        label = events[now - horizon]
        if np.isfinite(label):
            mean = label if np.isnan(mean) else mean + weight * (label - mean)
        means[now] = mean
    return means
