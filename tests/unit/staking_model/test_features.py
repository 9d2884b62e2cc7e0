from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from pydantic import ValidationError

from staking_model.features import (
    FEATURES,
    INPUTS,
    WAD,
    FeatureParameters,
    WindowError,
    epoch_features,
    truncated_division,
    window_features,
)
from statements.observation import Observation
from tests.unit.staking_model.windows import PARAMETERS, WEI, calm_window, observation, observation_windows


def reference_features(before: Observation, now: Observation, parameters: FeatureParameters) -> list[int]:
    """The definition in exact fractions; int() of a Fraction truncates toward zero."""

    def premium(which: Observation) -> int:
        return int(Fraction(which.price - which.rate, which.rate) * WAD)

    exact = [
        Fraction(premium(now), WAD) * parameters.premium_factor,
        Fraction(premium(now) - premium(before), WAD) / now.elapsed * parameters.premium_change_factor,
        Fraction(now.mean_total - before.mean_total, now.supply) / now.elapsed * parameters.flow_factor,
        Fraction(now.rate - before.rate, before.rate) / now.elapsed * parameters.rate_growth_factor,
    ]
    one = 2**parameters.input_scale_bits
    return [min(max(int(value * one), -one), one) for value in exact]


@given(observation_windows(), PARAMETERS)
def test_window_features_any_window_equals_exact_fractions(
    window: tuple[Observation, ...], parameters: FeatureParameters
) -> None:
    expected = [value for before, now in pairwise(window) for value in reference_features(before, now, parameters)]
    assert list(window_features(window, parameters)) == expected


@given(observation_windows(), PARAMETERS)
def test_window_features_any_window_fits_signed_256_bits(
    window: tuple[Observation, ...], parameters: FeatureParameters
) -> None:
    """No product that the contract forms overflows int256."""
    for now in window:
        assert abs(now.price - now.rate) * WAD * parameters.one < 1 << 255
        premium = abs(truncated_division((now.price - now.rate) * WAD, now.rate))
        assert 2 * premium * (1 << 32) * parameters.one < 1 << 255
        assert now.mean_total * (1 << 32) * parameters.one < 1 << 255
        assert now.supply * now.elapsed < 1 << 255


def test_window_features_calm_window_is_zero() -> None:
    assert window_features(calm_window(), FeatureParameters()) == (0,) * INPUTS


def test_epoch_features_small_negative_premium_truncates_toward_zero() -> None:
    parameters = FeatureParameters(premium_factor=1, premium_change_factor=1, input_scale_bits=11)
    now = observation(2, price=WEI - WEI // 5000)  # -0.0002 * 2048 = -0.41
    assert epoch_features(observation(1), now, parameters)[0] == 0


def test_epoch_features_three_epochs_elapsed_divides_changes() -> None:
    parameters = FeatureParameters(
        premium_factor=1, premium_change_factor=3, flow_factor=3, rate_growth_factor=3, input_scale_bits=10
    )
    before = observation(1, total=0)
    now = observation(4, rate=WEI * 5 // 4, price=WEI * 15 // 16, total=WEI // 2, elapsed=3)
    assert epoch_features(before, now, parameters) == (-256, -256, 512, 256)


def test_epoch_features_beyond_one_clips() -> None:
    now = observation(2, rate=2 * WEI, price=1, total=WEI)
    one = FeatureParameters().one
    assert epoch_features(observation(1), now, FeatureParameters()) == (-one, -one, one, one)


def test_window_features_order_is_oldest_epoch_first() -> None:
    window = (*calm_window()[:-1], observation(108, price=WEI // 2))
    values = window_features(window, FeatureParameters())
    assert values[: INPUTS - FEATURES] == (0,) * (INPUTS - FEATURES)
    assert values[-FEATURES] < 0


@pytest.mark.parametrize("division", [(7, 2, 3), (-7, 2, -3), (-8, 2, -4), (-1, 10, 0), (0, 3, 0)])
def test_truncated_division_rounds_toward_zero(division: tuple[int, int, int]) -> None:
    numerator, denominator, expected = division
    assert truncated_division(numerator, denominator) == expected


def test_window_features_too_few_observations_raises() -> None:
    with pytest.raises(WindowError, match="window has 8 observations, expected 9"):
        window_features(calm_window()[1:], FeatureParameters())


def test_window_features_gap_raises() -> None:
    with pytest.raises(WindowError, match="epoch 109 follows epoch 107"):
        window_features((*calm_window()[:-1], observation(109)), FeatureParameters())


def test_window_features_mixed_config_versions_raises() -> None:
    with pytest.raises(WindowError, match="config version 2"):
        window_features((*calm_window()[:-1], observation(108, config_version=2)), FeatureParameters())


@pytest.mark.parametrize("fields", [{"premium_factor": 0}, {"flow_factor": 1 << 32}, {"input_scale_bits": 15}])
def test_feature_parameters_out_of_range_raises(fields: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        FeatureParameters(**fields)
