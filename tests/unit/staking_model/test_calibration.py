from pathlib import Path
from random import Random

import numpy as np
import pytest

from staking_model.calibrated import Calibration, calibrated
from staking_model.calibration import (
    calm_autoregression,
    half_lives,
    past_episodes,
    premiums_of,
    shortfalls,
    yearly_growth,
)
from staking_model.calibration_data import calibrate
from staking_model.features import WAD
from staking_model.observations.simulated import SimulatedSource
from staking_model.observations.source import AssetHistory
from staking_model.profiles import random_profile
from staking_model.simulator import simulate
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


def test_calibrate_missing_folder_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"cannot read .*weETH_peg_hourly_trimmed.csv"):
        calibrate(tmp_path)


def test_calm_autoregression_simulated_series_gives_its_parameters_back() -> None:
    random = np.random.default_rng(1)
    phi, noise, mean = 0.97, 0.0002, -0.001
    premiums = np.empty(40_000)
    premiums[0] = mean
    for now in range(1, len(premiums)):
        premiums[now] = mean + phi * (premiums[now - 1] - mean) + random.normal(0, noise)
    found = calm_autoregression(premiums, np.ones(len(premiums), bool), 24)
    assert found == pytest.approx((mean, phi, noise), rel=0.1)
    daily = calm_autoregression(premiums[::24], np.ones(len(premiums[::24]), bool), 1)
    assert daily == pytest.approx((mean, phi, noise), rel=0.1)


def test_calm_autoregression_leaves_episodes_out() -> None:
    premiums = np.tile([0.001, -0.001, 0.001, -0.001, 0.001], 40)
    premiums[50:60] = -0.5
    calm = np.ones(len(premiums), bool)
    calm[50:60] = False
    mean, _, noise = calm_autoregression(premiums, calm, 1)
    assert abs(mean) < 0.001
    assert noise < 0.002


def test_past_episodes_are_found_with_depth_slide_and_half_life() -> None:
    premiums = np.full(400, -0.001)
    premiums[200:205] = -0.001 - np.asarray([0.003, 0.006, 0.010, 0.007, 0.004])
    premiums[300] -= 0.0015
    below = shortfalls(premiums, 1)
    (episode,) = past_episodes(below, 1)
    assert (episode.begin, episode.bottom, episode.end) == (200, 202, 204)
    assert episode.depth == pytest.approx(0.010)
    assert half_lives(below, [episode]) == [2]


def test_past_episodes_less_than_a_day_apart_are_one() -> None:
    below = np.zeros(200)
    below[[50, 60, 120]] = 0.01
    assert [(e.begin, e.end) for e in past_episodes(below, 24)] == [(50, 60), (120, 120)]
    assert past_episodes(np.zeros(10), 1) == ()


def test_calibration_of_simulated_markets_gives_back_what_they_were_drawn_from() -> None:
    """The estimators that read history, run over the simulator's markets."""
    random = Random(3)
    profiles = [random_profile(random, number) for number in range(6)]
    market = simulate(3, 3000, profiles)
    found = []
    for profile in profiles:
        history = SimulatedSource(market).history(profile.symbol)
        premiums = premiums_of(history)
        calm = np.asarray([not truth.stressed for truth in market.truths[profile.symbol][1:]])
        mean, hourly, noise = calm_autoregression(premiums, calm, 24)
        found.append((mean, 1 - hourly, noise))
    known = calibrated()
    for name, estimate in zip(("mean_premium", "reversion", "noise"), np.median(found, axis=0), strict=True):
        low, high = known.span(name)
        assert min(low, 2 * low) <= estimate <= max(high, 2 * high), name


def test_yearly_growth_is_continuous_and_needs_time() -> None:
    first = observation(0)
    last = observation(365 * 24, rate=round(WAD * np.exp(0.03)))
    assert yearly_growth(AssetHistory("x", 3600, (first, last), None)) == pytest.approx(0.03)
    with pytest.raises(ConfigurationError, match="has no length"):
        yearly_growth(AssetHistory("x", 3600, (first,), None))


def test_span_unknown_figure_raises() -> None:
    with pytest.raises(ConfigurationError, match="the calibration has no 'noise'"):
        Calibration(figures=()).span("noise")
