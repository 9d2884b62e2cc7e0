"""The network's forecast, and three that need neither network nor library: climatology, persistence, EWMA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from staking_model.evaluation.scores import Vector
from staking_model.network import Weights, forward
from staking_model.samples import Floats, Samples

NETWORK: Final = "model"
CLIMATOLOGY: Final = "climatology"
PERSISTENCE: Final = "persistence"
EWMA: Final = "ewma"
LOGISTIC: Final = "logistic"
BOOSTING: Final = "lightgbm"
MEANINGS: Final[Mapping[str, str]] = {
    NETWORK: "the shipped network, or where a set says so one refitted by the same recipe",
    CLIMATOLOGY: "always the event rate (the median duration) of the training rows",
    PERSISTENCE: "training's event rate given whether an event was under way; the newest duration fully known",
    EWMA: "exponentially weighted mean of the token's own labels known when asked, half-life 7 horizons",
    LOGISTIC: "logistic regression on the same 32 inputs (ridge regression for the duration)",
    BOOSTING: "gradient boosting on the same 32 inputs, stopped early on the validation rows",
}


def simple_risks(train: Samples, test: Samples, weights: Floats | None = None) -> dict[str, Vector]:
    """Risk forecasts from the labels alone.

    Args:
        train: rows that event rates are taken from.
        test: rows to forecast.
        weights: of the training rows; None where all count alike.
    """
    counts = np.ones(len(train)) if weights is None else weights.astype(np.float64)
    rate = float(np.average(train.event, weights=counts))
    recent = test.recent_events.astype(np.float64)
    return {
        CLIMATOLOGY: np.full(len(test), rate),
        PERSISTENCE: _persistence(train, test, counts, rate),
        EWMA: np.where(np.isfinite(recent), recent, rate),
    }


def simple_durations(train: Samples, test: Samples) -> dict[str, Vector]:
    """Duration forecasts from the labels alone; ``train`` and ``test`` hold known durations only."""
    median = float(np.median(train.duration))
    past = test.past_duration.astype(np.float64)
    return {CLIMATOLOGY: np.full(len(test), median), PERSISTENCE: np.where(np.isfinite(past), past, median)}


def network_forecasts(weights: Weights, test: Samples) -> tuple[dict[str, Vector], dict[str, Vector]]:
    """Durations and risks by the network in floats, each under its name."""
    scores = forward(weights, test.inputs.astype(np.float64))
    return {NETWORK: scores[:, 0]}, {NETWORK: scores[:, 1]}


def _persistence(train: Samples, test: Samples, counts: Vector, rate: float) -> Vector:
    rates = []
    for state in (0.0, 1.0):
        chosen = train.past_event == state
        rates.append(float(np.average(train.event[chosen], weights=counts[chosen])) if chosen.any() else rate)
    return np.where(test.past_event > 0.5, rates[1], rates[0])
