"""FeatureMath.sol on Anvil and staking_model/features.py, on the same observations: equal bit for bit."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from staking_model.features import FeatureParameters, window_features
from statements.observation import Observation
from tests.integration.observer_chain import bare_chain, deploy
from tests.unit.staking_model.windows import PARAMETERS, observation_windows

CASES = st.lists(st.tuples(observation_windows(), PARAMETERS), min_size=4, max_size=4)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    with bare_chain(tmp_path_factory.mktemp("features")) as chain:
        yield deploy(chain, "FeatureMathHarness")


def as_struct(observation: Observation) -> tuple[object, ...]:
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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(CASES)
def test_features_of_all_any_observations_equal_python(
    harness: Contract, cases: list[tuple[tuple[Observation, ...], FeatureParameters]]
) -> None:
    windows = [[as_struct(observation) for observation in window] for window, _ in cases]
    parameters = [tuple(chosen.model_dump().values()) for _, chosen in cases]
    answers = harness.functions.featuresOfAll(windows, parameters).call()
    assert [tuple(answer) for answer in answers] == [window_features(*case) for case in cases]
