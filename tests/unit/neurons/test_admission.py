"""Whom a miner lets in, with and without roles in the network."""

from __future__ import annotations

from typing import Any

import pytest

from neurons.messages import RefusalCode
from neurons.miner.admission import require_admission
from neurons.miner.settings import AdmissionSettings
from neurons.network import Neuron, Role
from neurons.refusing import RefusedError

PERMIT = RefusalCode.NO_VALIDATOR_PERMIT
STAKE = RefusalCode.NOT_ENOUGH_STAKE


@pytest.mark.parametrize(
    ("neuron", "settings", "refused"),
    [
        ({"role": None}, {}, PERMIT),
        ({"role": None, "stake": 9.0}, {}, PERMIT),
        ({"role": None, "validator_permit": True}, {}, None),
        ({"role": None, "stake": 9.0}, {"minimum_stake": 9.0}, None),
        ({"role": None, "stake": 8.9}, {"minimum_stake": 9.0}, STAKE),
        ({"role": None, "stake": 9.0}, {"minimum_stake": 9.0, "require_permit": True}, PERMIT),
        ({"role": None, "validator_permit": True}, {"minimum_stake": 9.0}, STAKE),
        ({"role": Role.VALIDATOR}, {}, None),
        ({"role": Role.VALIDATOR}, {"require_permit": True}, PERMIT),
        ({"role": Role.MINER, "stake": 9.0}, {"minimum_stake": 1.0}, RefusalCode.NOT_A_VALIDATOR),
    ],
)
def test_require_admission_by_role_permit_and_stake(
    neuron: dict[str, Any], settings: dict[str, Any], refused: RefusalCode | None
) -> None:
    entry = Neuron(uid=0, hotkey="caller", **neuron)
    if refused is None:
        require_admission("caller", entry, AdmissionSettings(**settings))
        return
    with pytest.raises(RefusedError) as caught:
        require_admission("caller", entry, AdmissionSettings(**settings))
    assert caught.value.code is refused
