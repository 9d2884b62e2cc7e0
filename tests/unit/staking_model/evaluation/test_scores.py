import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staking_model.evaluation.scores import (
    alarm_precision,
    area_under_curve,
    brier,
    calibration_error,
    concordance,
    log_loss,
    mean_absolute_error,
    reliability,
)

EVENT = np.array([0.0, 0.0, 1.0, 1.0])


def test_brier_known_forecast_is_mean_square() -> None:
    assert brier(np.array([0.0, 0.5, 1.0, 0.5]), EVENT) == pytest.approx(0.125)


def test_log_loss_known_forecast_and_sure_failure_is_finite() -> None:
    assert log_loss(np.full(4, 0.5), EVENT) == pytest.approx(math.log(2))
    assert log_loss(1 - EVENT, EVENT) == pytest.approx(-math.log(1e-4))


def test_area_under_curve_known_rankings() -> None:
    assert area_under_curve(np.array([0.1, 0.2, 0.3, 0.4]), EVENT) == 1.0
    assert area_under_curve(np.array([0.4, 0.3, 0.2, 0.1]), EVENT) == 0.0
    assert area_under_curve(np.array([0.1, 0.3, 0.2, 0.4]), EVENT) == 0.75
    assert area_under_curve(np.array([0.5, 0.5, 0.5, 0.5]), EVENT) == 0.5
    assert area_under_curve(np.array([0.1, 0.2, 0.3, 0.4]), np.zeros(4)) == 0.5


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]), st.booleans()), min_size=2, max_size=30))
def test_area_under_curve_any_ties_equals_counting_pairs(rows: list[tuple[float, bool]]) -> None:
    events = [forecast for forecast, event in rows if event]
    others = [forecast for forecast, event in rows if not event]
    pairs = [(a > b) + (a == b) / 2 for a in events for b in others]
    expected = sum(pairs) / len(pairs) if pairs else 0.5
    forecast, event = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    assert area_under_curve(forecast, event) == pytest.approx(expected)


def test_reliability_bins_hold_every_forecast_once() -> None:
    generator = np.random.default_rng(1)
    forecast = generator.uniform(0, 1, 1000)
    bins = reliability(forecast, (generator.uniform(0, 1, 1000) < forecast).astype(np.float64))
    assert [entry.count for entry in bins] == [100] * 10
    assert all(abs(entry.forecast - entry.frequency) < 0.15 for entry in bins)


def test_calibration_error_constant_forecast_is_its_distance_from_the_rate() -> None:
    assert calibration_error(np.full(4, 0.5), EVENT) == 0
    assert calibration_error(np.full(4, 0.2), EVENT) == pytest.approx(0.3)


def test_calibration_error_doubled_forecast_is_seen() -> None:
    generator = np.random.default_rng(2)
    truth = generator.uniform(0, 0.4, 20_000)
    event = (generator.uniform(0, 1, 20_000) < truth).astype(np.float64)
    assert calibration_error(truth, event) < 0.02
    assert calibration_error(2 * truth, event) == pytest.approx(0.2, abs=0.02)


def test_alarm_precision_counts_the_highest_and_shares_ties() -> None:
    forecast, event = np.linspace(0, 1, 100), np.zeros(100)
    event[-3:] = 1
    assert alarm_precision(forecast, event) == pytest.approx(3 / 5)
    assert alarm_precision(np.full(100, 0.5), event) == pytest.approx(0.03)


def test_mean_absolute_error_known() -> None:
    assert mean_absolute_error(np.array([0.1, 0.5]), np.array([0.3, 0.4])) == pytest.approx(0.15)


def test_concordance_orders() -> None:
    outcome = np.linspace(0, 1, 50)
    assert concordance(outcome, outcome) == 1
    assert concordance(-outcome, outcome) == 0
    assert concordance(np.zeros(50), outcome) == 0.5
    assert concordance(outcome, np.zeros(50)) == 0.5
