"""Figures of an evaluation as data: what the card and the report hold."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RiskMetrics(_Frozen):
    """Of a probability forecast of the exit event.

    Attributes:
        brier: mean squared error of the probability; lower is better.
        brier_skill: 1 - brier / climatology's; above 0 is better than climatology.
        auc: probability that an event is ranked above a non-event; 0.5 is chance.
        log_loss: mean negative log likelihood, nats; lower is better.
        calibration_error: mean distance of forecast and frequency over ten bins.
        alarm_precision: share of alarms that an event follows, with an alarm on the 5 % highest forecasts.
        onset_auc: auc over the windows with no event under way when asked.
        onset_brier_skill: brier_skill over those.
    """

    brier: float
    brier_skill: float
    auc: float
    log_loss: float
    calibration_error: float
    alarm_precision: float
    onset_auc: float
    onset_brier_skill: float


class DurationMetrics(_Frozen):
    """Of a forecast of the staking duration over MAX_DURATION.

    Attributes:
        mean_absolute_error: as a fraction of MAX_DURATION.
        concordance: share of pairs ordered rightly; 0.5 is chance.
    """

    mean_absolute_error: float
    concordance: float


class Interval(_Frozen):
    """A bootstrap interval of 90 %.

    Attributes:
        low: 5 % of the resampled figures lie below.
        high: 5 % lie above.
    """

    low: float
    high: float


class SetMetrics(_Frozen):
    """One test set.

    Attributes:
        name: short.
        about: what it is, and what of it training has seen.
        windows: samples.
        episodes: runs of events, which are what there is independent evidence of.
        event_rate: share of windows with an event.
        onset_windows: windows with no event under way when asked.
        risk: by forecast.
        duration: by forecast; empty where nobody knows durations.
        skill_intervals: of the Brier skill, by forecast; resampled by episode.
        auc_intervals: of the AUC likewise.
        duration_intervals: of the duration's mean absolute error likewise.
    """

    name: str
    about: str
    windows: int
    episodes: int
    event_rate: float
    onset_windows: int
    risk: dict[str, RiskMetrics]
    duration: dict[str, DurationMetrics] = {}
    skill_intervals: dict[str, Interval] = {}
    auc_intervals: dict[str, Interval] = {}
    duration_intervals: dict[str, Interval] = {}
