"""Whom a miner lets in, with and without roles in the network."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from neurons.messages import RefusalCode
from neurons.miner.admission import Gate, require_admission
from neurons.miner.settings import AdmissionSettings
from neurons.network import Network, Neuron, Role
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


class HangingNode:
    """Stands in for a network whose node answers once and then hangs, which no live one does on demand."""

    def __init__(self) -> None:
        self.readings = 0
        self.release, self.ended = threading.Event(), list[bool]()

    def neurons(self) -> tuple[Neuron, ...]:
        self.readings += 1
        if self.readings > 1:
            self.ended.append(self.release.wait(20))
        return (Neuron(uid=0, hotkey="caller", role=Role.VALIDATOR),)


def test_admit_while_the_node_hangs_nobody_is_kept_waiting_and_one_reading_is_under_way() -> None:
    now, node = [0.0], HangingNode()
    gate = Gate(cast("Network", node), AdmissionSettings(refresh_seconds=1), lambda: now[0], patience=0.01)
    gate.admit("caller")
    now[0] = 100.0
    for _ in range(5):
        gate.admit("caller")
    assert (node.readings, node.ended) == (2, [])
    reading = gate._reading
    node.release.set()
    assert reading is not None
    reading.join(20)
    # the reading took longer than a refresh: it counts from its end
    gate.admit("caller")
    assert (node.readings, node.ended) == (2, [True])
