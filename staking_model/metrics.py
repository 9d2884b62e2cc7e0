"""Figures that say how good a forecast is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RiskMetrics(BaseModel):
    """Of a probability forecast of the exit event.

    Attributes:
        brier: mean squared error of the probability; lower is better.
        auc: probability that an event is ranked above a non-event; 0.5 is chance.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    brier: float
    auc: float


class Metrics(BaseModel):
    """On tokens and a time that training did not see.

    Attributes:
        windows: samples.
        event_rate: share of them with an event.
        risk_model: the network.
        risk_climatology: always the training set's event rate.
        risk_persistence: training's event rate given whether an event was under way over the last 24 epochs.
        duration_mae_model: mean absolute error of the staking duration, as a fraction of MAX_DURATION.
        duration_mae_climatology: always the training set's median.
        duration_mae_persistence: the newest duration fully known, 30 days old.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    windows: int
    event_rate: float
    risk_model: RiskMetrics
    risk_climatology: RiskMetrics
    risk_persistence: RiskMetrics
    duration_mae_model: float
    duration_mae_climatology: float
    duration_mae_persistence: float
