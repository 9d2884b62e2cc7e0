"""Figures that say how good a forecast is; vectors of N forecasts and N outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

ALARM_RATE: Final = 0.05
"""Share of forecasts that may raise an alarm, where precision is asked."""
BINS: Final = 10
"""Bins of the reliability table, of equally many forecasts each."""
SMALLEST_PROBABILITY: Final = 1e-4
"""Probabilities are kept this far from 0 and 1 in the log loss: a sure forecast that fails would cost without end."""


def brier(forecast: Vector, event: Vector) -> float:
    """Mean squared error of the probability (Brier 1950)."""
    return float(np.mean((forecast - event) ** 2))


def log_loss(forecast: Vector, event: Vector) -> float:
    """Mean negative log likelihood, nats."""
    kept = np.clip(forecast, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return float(-np.mean(np.where(event > 0.5, np.log(kept), np.log1p(-kept))))


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


@dataclass(frozen=True)
class ReliabilityBin:
    """Forecasts of about one size.

    Attributes:
        forecast: their mean.
        frequency: share of them that an event followed.
        count: how many.
    """

    forecast: float
    frequency: float
    count: int


def reliability(forecast: Vector, event: Vector) -> tuple[ReliabilityBin, ...]:
    """The reliability table: at most ``BINS`` bins of about equally many forecasts; equal ones share a bin."""
    edges = np.unique(np.quantile(forecast, np.linspace(0, 1, BINS + 1)[1:-1]))
    number = np.searchsorted(edges, forecast, side="left")
    return tuple(
        ReliabilityBin(float(forecast[chosen].mean()), float(event[chosen].mean()), int(chosen.sum()))
        for chosen in (number == bin_number for bin_number in np.unique(number))
    )


def calibration_error(forecast: Vector, event: Vector) -> float:
    """Mean distance between forecast and frequency over the bins, weighted by their counts."""
    bins = reliability(forecast, event)
    return sum(entry.count * abs(entry.forecast - entry.frequency) for entry in bins) / len(forecast)


def alarm_precision(forecast: Vector, event: Vector) -> float:
    """Share of alarms that an event follows, when the ``ALARM_RATE`` highest forecasts raise one.

    Where forecasts tie at the edge, each of the tied counts by the share of them that still fits.
    """
    alarms = max(1, round(ALARM_RATE * len(forecast)))
    edge = np.sort(forecast)[-alarms]
    above, tied = forecast > edge, forecast == edge
    share = (alarms - above.sum()) / tied.sum()
    return float((event[above].sum() + share * event[tied].sum()) / alarms)


def mean_absolute_error(forecast: Vector, outcome: Vector) -> float:
    """Mean absolute error."""
    return float(np.mean(np.abs(forecast - outcome)))


def concordance(forecast: Vector, outcome: Vector, seed: int = 0, pairs: int = 200_000) -> float:
    """Share of pairs with different outcomes that the forecast orders rightly, ties counting half (Harrell 1982).

    Pairs are drawn at random: there are too many for all.

    Returns:
        0.5 where all outcomes are equal.
    """
    generator = np.random.default_rng(seed)
    first, second = generator.integers(0, len(outcome), (2, pairs))
    order = np.sign(outcome[first] - outcome[second])
    counted = order != 0
    if not counted.any():
        return 0.5
    agreement = np.sign(forecast[first] - forecast[second])[counted] * order[counted]
    return float(np.mean((agreement + 1) / 2))
