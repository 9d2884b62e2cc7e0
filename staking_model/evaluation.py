"""How good a forecast is, beside two that need no model: climatology and persistence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from staking_model.dataset import Samples, Split
from staking_model.metrics import Metrics, RiskMetrics
from staking_model.network import Weights, forward

Vector = NDArray[np.float64]


def evaluate(weights: Weights, split: Split) -> Metrics:
    """Metrics on the test set."""
    test = split.test
    scores = forward(weights, test.inputs.astype(np.float64))
    event = test.event.astype(np.float64)
    train_rate = float(split.train.event.mean())
    persistence = _persistence_forecast(split.train, test)
    median = float(np.median(split.train.duration))
    return Metrics(
        windows=len(test),
        event_rate=_round(event.mean()),
        risk_model=_risk(scores[:, 1], event),
        risk_climatology=_risk(np.full(len(test), train_rate), event),
        risk_persistence=_risk(persistence, event),
        duration_mae_model=_round(np.abs(scores[:, 0] - test.duration).mean()),
        duration_mae_climatology=_round(np.abs(median - test.duration).mean()),
        duration_mae_persistence=_round(np.abs(test.past_duration - test.duration).mean()),
    )


def area_under_curve(forecast: Vector, event: Vector) -> float:
    """Area under the ROC curve by the rank-sum statistic (Mann and Whitney 1947), ties counting half.

    Returns:
        0.5 when there are only events or none.
    """
    positives = int(event.sum())
    negatives = len(event) - positives
    if positives == 0 or negatives == 0:
        return 0.5
    _, inverse, counts = np.unique(forecast, return_inverse=True, return_counts=True)
    middle_ranks = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(middle_ranks[inverse][event > 0.5].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def _risk(forecast: Vector, event: Vector) -> RiskMetrics:
    return RiskMetrics(brier=_round(((forecast - event) ** 2).mean()), auc=_round(area_under_curve(forecast, event)))


def _persistence_forecast(train: Samples, test: Samples) -> Vector:
    """Training's event rate among samples with, and without, an event under way."""
    overall = float(train.event.mean())
    rates = []
    for state in (0.0, 1.0):
        chosen = train.event[train.past_event == state]
        rates.append(float(chosen.mean()) if len(chosen) else overall)
    return np.where(test.past_event > 0.5, rates[1], rates[0])


def _round(value: float) -> float:
    return round(float(value), 5)
