"""FeatureMath.sol and staking_model.features are one definition: equal bit for bit on the same observations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from staking_model.features import OBSERVATIONS, FeatureParameters, window_features
from statements.observation import Observation

CASES_PER_CALL = 6
FACTOR = st.one_of(st.sampled_from([1, 2**32 - 1]), st.integers(1, 100_000), st.integers(1, 2**32 - 1))


def _amount(bits: int, *, least: int) -> st.SearchStrategy[int]:
    """Extremes, tokens in wei around one another, and any order of magnitude."""
    most = 2**bits - 1
    return st.one_of(
        st.sampled_from([least, least + 1, most - 1, most]),
        st.integers(98 * 10**16, 106 * 10**16),
        st.integers(0, bits).flatmap(lambda width: st.integers(least, max(least, 2**width - 1))),
    )


@st.composite
def _windows(draw: st.DrawFn) -> tuple[list[Observation], FeatureParameters]:
    parameters = FeatureParameters(
        premium_factor=draw(FACTOR),
        premium_change_factor=draw(FACTOR),
        flow_factor=draw(FACTOR),
        rate_growth_factor=draw(FACTOR),
        input_scale_bits=draw(st.integers(1, 14)),
    )
    window = [
        Observation(
            epoch=epoch,
            rate=draw(_amount(96, least=1)),
            price=draw(_amount(96, least=1)),
            observed_at=epoch * 3600,
            elapsed=draw(st.sampled_from([1, 1, 2, 3, 255])),
            config_version=1,
            mean_total=draw(_amount(104, least=0)),
            supply=draw(_amount(104, least=1)),
            price_age=0,
        )
        for epoch in range(OBSERVATIONS)
    ]
    return window, parameters


def _observation_tuple(observation: Observation) -> tuple[Any, ...]:
    """In the order of ``IAssetObserver.Observation``."""
    return (
        observation.rate,
        observation.price,
        observation.observed_at,
        observation.elapsed,
        observation.config_version,
        observation.mean_total,
        observation.supply,
        observation.price_age,
        observation.carried,
    )


@pytest.fixture(scope="module")
def harness(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.FeatureMathHarness)


def _compare(harness: Any, cases: list[tuple[list[Observation], FeatureParameters]]) -> None:
    observations = [_observation_tuple(observation) for window, _ in cases for observation in window]
    parameters = [tuple(chosen.model_dump().values()) for _, chosen in cases]
    on_chain = harness.featuresOfAll(observations, parameters)
    for (window, chosen), given_back in zip(cases, on_chain, strict=True):
        assert tuple(given_back) == window_features(window, chosen)


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cases=st.lists(_windows(), min_size=1, max_size=CASES_PER_CALL))
def test_features_random_windows_equal_python_bit_for_bit(
    harness: Any, cases: list[tuple[list[Observation], FeatureParameters]]
) -> None:
    _compare(harness, cases)


def test_features_every_extreme_beside_every_other_equal_python(harness: Any) -> None:
    most = {"rate": 2**96 - 1, "price": 2**96 - 1, "mean_total": 2**104 - 1, "supply": 2**104 - 1}
    least = {"rate": 1, "price": 1, "mean_total": 0, "supply": 1}
    cases = []
    for chosen in range(16):
        mixed = {name: (most if chosen >> bit & 1 else least)[name] for bit, name in enumerate(most)}
        opposite = {name: (least if chosen >> bit & 1 else most)[name] for bit, name in enumerate(most)}
        window = [
            Observation(
                epoch=epoch,
                observed_at=0,
                elapsed=1 if epoch % 3 else 255,
                config_version=1,
                price_age=0,
                **(mixed if epoch % 2 else opposite),
            )
            for epoch in range(OBSERVATIONS)
        ]
        factor = 2**32 - 1 if chosen % 2 else 1
        parameters = FeatureParameters(
            premium_factor=factor,
            premium_change_factor=factor,
            flow_factor=factor,
            rate_growth_factor=factor,
            input_scale_bits=14 if chosen % 2 else 1,
        )
        cases.append((window, parameters))
    _compare(harness, cases)


def test_features_one_window_equals_the_same_among_many(harness: Any) -> None:
    window = [
        Observation(
            epoch=epoch,
            rate=102 * 10**16 + epoch * 10**13,
            price=10**18 - epoch * 10**14,
            observed_at=0,
            elapsed=1,
            config_version=1,
            mean_total=(200 + epoch) * 10**18,
            supply=1000 * 10**18,
            price_age=0,
        )
        for epoch in range(OBSERVATIONS)
    ]
    chosen = FeatureParameters()
    inputs = harness.features([_observation_tuple(o) for o in window], tuple(chosen.model_dump().values()))
    assert tuple(inputs) == window_features(window, chosen)
