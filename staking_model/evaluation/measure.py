"""All figures of one test set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from staking_model.evaluation import scores
from staking_model.evaluation.bootstrap import Resamples, Rows
from staking_model.evaluation.forecasts import CLIMATOLOGY
from staking_model.evaluation.scores import Vector, area_under_curve
from staking_model.metrics import DurationMetrics, Interval, RiskMetrics, SetMetrics
from staking_model.samples import Samples

DIGITS = 5


def measure(
    name: str,
    about: str,
    test: Samples,
    risks: Mapping[str, Vector],
    durations: Mapping[str, Vector],
    resamples: Resamples | None = None,
) -> SetMetrics:
    """Figures of every forecast.

    Args:
        name: of the set.
        about: what it is.
        test: its windows; durations known throughout, or ``durations`` empty.
        risks: forecasts of the event by name, climatology among them.
        durations: forecasts of the duration by name.
        resamples: of its rows by episode, for intervals; None leaves them out.
    """
    event = test.event.astype(np.float64)
    climatology = risks[CLIMATOLOGY]

    def skill_of_rows(values: Vector, rows: Rows) -> float:
        return _skill(values[rows], climatology[rows], event[rows])

    def area_of_rows(values: Vector, rows: Rows) -> float:
        return area_under_curve(values[rows], event[rows])

    outcome = test.duration.astype(np.float64)

    def error_of_rows(values: Vector, rows: Rows) -> float:
        return scores.mean_absolute_error(values[rows], outcome[rows])

    return SetMetrics(
        name=name,
        about=about,
        windows=len(test),
        episodes=episodes(test),
        event_rate=_round(event.mean()),
        onset_windows=int(test.onset.sum()),
        risk={forecast: _risk(values, climatology, event, test.onset) for forecast, values in risks.items()},
        duration={forecast: _duration(values, test) for forecast, values in durations.items()},
        skill_intervals=_intervals(resamples, risks, skill_of_rows),
        auc_intervals=_intervals(resamples, risks, area_of_rows),
        duration_intervals=_intervals(resamples, durations, error_of_rows),
    )


def episodes(test: Samples) -> int:
    """Blocks that hold an event."""
    return len(np.unique(test.block[test.event > 0.5]))


def _intervals(
    resamples: Resamples | None, forecasts: Mapping[str, Vector], figure: Callable[[Vector, Rows], float]
) -> dict[str, Interval]:
    if resamples is None:
        return {}
    return {name: resamples.interval(partial(figure, values)) for name, values in forecasts.items()}


def _skill(forecast: Vector, climatology: Vector, event: Vector) -> float:
    reference = scores.brier(climatology, event)
    return 1 - scores.brier(forecast, event) / reference if reference > 0 else 0.0


def _risk(
    forecast: Vector, climatology: Vector, event: Vector, onset: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> RiskMetrics:
    return RiskMetrics(
        brier=_round(scores.brier(forecast, event)),
        brier_skill=_round(_skill(forecast, climatology, event)),
        auc=_round(area_under_curve(forecast, event)),
        log_loss=_round(scores.log_loss(forecast, event)),
        calibration_error=_round(scores.calibration_error(forecast, event)),
        alarm_precision=_round(scores.alarm_precision(forecast, event)),
        onset_auc=_round(area_under_curve(forecast[onset], event[onset])),
        onset_brier_skill=_round(_skill(forecast[onset], climatology[onset], event[onset])),
    )


def _duration(forecast: Vector, test: Samples) -> DurationMetrics:
    outcome = test.duration.astype(np.float64)
    return DurationMetrics(
        mean_absolute_error=_round(scores.mean_absolute_error(forecast, outcome)),
        concordance=_round(scores.concordance(forecast, outcome)),
    )


def _round(value: float) -> float:
    return round(float(value), DIGITS)
