from pathlib import Path

import numpy as np
import pytest

from staking_model.calibrated import Calibration, calibrated
from staking_model.calibration import (
    half_life,
    past_episodes,
    price_of_waiting,
    shortfalls,
    yearly_growth,
)
from staking_model.calibration_data import calibrate
from staking_model.features import WAD
from staking_model.observations.source import AssetHistory
from statements.errors import ConfigurationError
from tests.unit.staking_model.windows import observation

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not beside the project")
def test_calibrate_public_history_gives_the_committed_figures() -> None:
    fresh, committed = calibrate(DATA), calibrated()
    assert [(f.name, f.asset, f.source) for f in fresh.figures] == [
        (f.name, f.asset, f.source) for f in committed.figures
    ]
    for now, then in zip(fresh.figures, committed.figures, strict=True):
        assert now.value == pytest.approx(then.value, abs=2e-6), now.name
    assert fresh.episodes == committed.episodes


def test_calibrate_missing_folder_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"cannot read .*weETH_peg_hourly_trimmed.csv"):
        calibrate(tmp_path)


def test_past_episodes_are_found_with_depth_slide_and_half_life() -> None:
    premiums = np.full(400, -0.001)
    premiums[200:205] = -0.001 - np.asarray([0.003, 0.006, 0.010, 0.007, 0.004])
    premiums[300] -= 0.0015
    below = shortfalls(premiums, 1)
    (episode,) = past_episodes(below, 1)
    assert (episode.begin, episode.bottom, episode.end) == (200, 202, 204)
    assert episode.depth == pytest.approx(0.010)
    assert half_life(below, episode) == 2
    assert half_life(below[:204], episode) is None


def test_past_episodes_less_than_a_day_apart_are_one() -> None:
    below = np.zeros(200)
    below[[50, 60, 120]] = 0.01
    assert [(e.begin, e.end) for e in past_episodes(below, 24)] == [(50, 60), (120, 120)]
    assert past_episodes(np.zeros(10), 1) == ()


def test_shortfalls_equal_a_median_taken_step_by_step() -> None:
    premiums = np.random.default_rng(1).normal(0, 0.01, 90)
    below = shortfalls(premiums, 1)
    for now in range(90):
        trail = premiums[max(0, now - 30) : now]
        assert below[now] == pytest.approx(max(0.0, np.median(trail) - premiums[now]) if now >= 5 else 0)


def test_price_of_waiting_is_the_slope_in_years_and_never_negative() -> None:
    waits = np.asarray([0.0, 10.0, 20.0, 40.0])
    assert price_of_waiting(-0.001 - 0.02 * waits / 365, waits) == pytest.approx(0.02)
    assert price_of_waiting(0.02 * waits, waits) == 0
    assert price_of_waiting(np.zeros(3), np.ones(3)) == 0
    assert price_of_waiting(np.zeros(0), np.zeros(0)) == 0


def test_yearly_growth_is_continuous_and_needs_time() -> None:
    first = observation(0)
    last = observation(365 * 24, rate=round(WAD * np.exp(0.03)))
    assert yearly_growth(AssetHistory("x", 3600, (first, last), None)) == pytest.approx(0.03)
    with pytest.raises(ConfigurationError, match="has no length"):
        yearly_growth(AssetHistory("x", 3600, (first,), None))


def test_span_unknown_figure_raises() -> None:
    with pytest.raises(ConfigurationError, match="the calibration has no 'noise'"):
        Calibration(figures=()).span("noise")
    with pytest.raises(ConfigurationError, match="the calibration has no 'noise' of weETH"):
        Calibration(figures=()).of("noise", "weETH")
    with pytest.raises(ConfigurationError, match="the calibration has no episodes of weETH"):
        Calibration(figures=()).episodes_of("weETH")
