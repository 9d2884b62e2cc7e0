from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from staking_model.calibrated import calibrated
from staking_model.calibration import calm_steps, past_episodes, shortfalls
from staking_model.calibration_check import simulated_premiums
from staking_model.calm_premium import calm_premium, volatility_spread
from staking_model.profiles import random_profile


def autoregression(phi: float, noise: float, mean: float) -> NDArray[np.float64]:
    random = np.random.default_rng(1)
    premiums = np.empty(60_000)
    premiums[0] = mean
    for now in range(1, len(premiums)):
        premiums[now] = mean + phi * (premiums[now - 1] - mean) + random.normal(0, noise)
    return premiums


def test_calm_premium_simulated_series_gives_its_parameters_back() -> None:
    premiums = autoregression(phi=0.98, noise=0.0002, mean=-0.001)
    hourly = calm_premium(premiums, np.ones(len(premiums), bool), 24)
    daily = calm_premium(premiums[::24], np.ones(len(premiums[::24]), bool), 1)
    for found in (hourly, daily):
        assert found.mean == pytest.approx(-0.001, rel=0.1)
        assert found.reversion == pytest.approx(0.02, rel=0.2)
        assert found.noise == pytest.approx(0.0002, rel=0.15)
        assert found.volatility_spread < 0.3


def test_calm_premium_leaves_episodes_out_and_shrugs_at_a_level_that_shifts() -> None:
    premiums = autoregression(phi=0.95, noise=0.0002, mean=-0.001)[:20_000]
    calm = np.ones(len(premiums), bool)
    steady = calm_premium(premiums, calm, 24)
    premiums[10_000:] -= 0.01
    premiums[5_000:5_050] = -0.5
    calm[5_000:5_050] = False
    shifted = calm_premium(premiums, calm, 24)
    assert shifted.noise == pytest.approx(steady.noise, rel=0.05)
    assert shifted.reversion == pytest.approx(steady.reversion, rel=0.1)


def test_calm_premium_at_parity_has_no_noise() -> None:
    found = calm_premium(np.zeros(1000), np.ones(1000, bool), 24)
    assert (found.mean, found.noise, found.volatility_spread) == (0, 0, 0)


@pytest.mark.parametrize("spread", [0.2, 0.6, 1.0])
def test_volatility_spread_gives_back_that_of_a_large_sample(spread: float) -> None:
    random = np.random.default_rng(2)
    sizes = np.abs(random.normal(size=400_000) * np.exp(spread * random.normal(size=400_000)))
    ratio = float(np.quantile(sizes, 0.9) / np.median(sizes))
    assert volatility_spread(ratio) == pytest.approx(spread, abs=0.03)


def test_volatility_spread_lighter_tails_than_normal_give_none() -> None:
    assert volatility_spread(1.5) == pytest.approx(0, abs=1e-6)


def test_calm_premium_of_simulated_markets_lies_between_the_records() -> None:
    """The estimators that read history, run over the simulator's markets."""
    random, found = Random(3), []
    for number in range(6):
        premiums = simulated_premiums(random_profile(random, number), 3, 6000)
        calm = calm_steps(len(premiums), past_episodes(shortfalls(premiums, 24), 24))
        estimate = calm_premium(premiums, calm, 24)
        found.append((estimate.mean, estimate.noise, estimate.volatility_spread))
    for name, middle in zip(("mean_premium", "noise", "volatility_spread"), np.median(found, axis=0), strict=True):
        low, high = calibrated().span(name)
        # a mean may be below zero
        least, most = sorted((low / 1.5, low * 1.5)), sorted((high / 1.5, high * 1.5))
        assert least[0] <= middle <= most[1], name
