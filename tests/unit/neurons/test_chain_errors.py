from __future__ import annotations

import pytest
from bittensor.error_map import NAME_TO_CODE, ErrorCode
from bittensor.result import ChainError

from neurons.network.chain_errors import _REFUSALS, _REMEDIES, ERRORS, network_error, weights_refusal
from neurons.network.errors import NetworkRefusedError, RateLimitedError
from neurons.network.protocol import WeightsRefusal
from neurons.network.weights import _REMEDY


@pytest.mark.parametrize("code", ErrorCode)
def test_network_error_every_code_of_the_sdk_has_an_error_and_a_remedy(code: ErrorCode) -> None:
    error = network_error("registering", ChainError("words of the chain.", code=code))
    assert isinstance(error, NetworkRefusedError)
    assert type(error) is not NetworkRefusedError
    assert error.message == "registering was refused (words of the chain)"
    assert error.remedy
    assert set(ERRORS) == set(ErrorCode)


def test_network_error_named_error_keeps_its_name_and_has_its_own_remedy() -> None:
    error = network_error("announcing", ChainError("too soon", name="ServingRateLimitExceeded"))
    assert isinstance(error, RateLimitedError)
    assert (error.name, error.remedy) == ("ServingRateLimitExceeded", _REMEDIES["ServingRateLimitExceeded"])
    assert "ServingRateLimitExceeded: too soon" in error.message


def test_weights_refusal_names_are_the_chains() -> None:
    assert set(_REFUSALS) <= set(NAME_TO_CODE)
    assert set(_REMEDY) == set(WeightsRefusal)


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("NeuronNoValidatorPermit", WeightsRefusal.NO_VALIDATOR_PERMIT),
        ("NotEnoughStakeToSetWeights", WeightsRefusal.NOT_ENOUGH_STAKE),
        ("IncorrectWeightVersionKey", WeightsRefusal.OLD_VERSION_KEY),
        ("SettingWeightsTooFast", WeightsRefusal.RATE_LIMITED),
        ("CommittingWeightsTooFast", WeightsRefusal.RATE_LIMITED),
        ("HotKeyNotRegisteredInSubNet", WeightsRefusal.NOT_REGISTERED),
        ("BadProof", WeightsRefusal.OTHER),
    ],
)
def test_weights_refusal_each_error_has_its_reason(name: str, refusal: WeightsRefusal) -> None:
    assert weights_refusal(ChainError("words", name=name)) is refusal
