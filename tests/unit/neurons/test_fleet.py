"""Who is surveyed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from neurons.messages import Capabilities
from neurons.network import Neuron, Role
from neurons.validator.fleet import MinerFleet
from signed_http.errors import PeerError


class _Asked:
    """Stands for the asker: one of those asked is no miner."""

    validator = "self"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def survey(self, hotkey: str, endpoint: str) -> Capabilities:
        self.asked.append(hotkey)
        if hotkey == "other":
            raise PeerError(endpoint, "404")
        return Capabilities(circuits=(), workers=1, queue_limit=1, queue_length=0)


def test_survey_on_a_chain_asks_who_has_an_endpoint_permit_or_not_but_itself() -> None:
    asked: Any = _Asked()
    neurons = (
        Neuron(uid=0, hotkey="self", role=None, endpoint="http://203.0.113.1:1", validator_permit=True),
        Neuron(uid=1, hotkey="staked on", role=None, endpoint="http://203.0.113.2:1", validator_permit=True),
        Neuron(uid=2, hotkey="other", role=None, endpoint="http://203.0.113.3:1", validator_permit=True),
        Neuron(uid=3, hotkey="plain", role=None, endpoint="http://203.0.113.4:1"),
        Neuron(uid=4, hotkey="said to validate", role=Role.VALIDATOR, endpoint="http://203.0.113.5:1"),
    )
    network: Any = SimpleNamespace(neurons=lambda: neurons)
    measurements: Any = None
    survey = asyncio.run(MinerFleet(network, asked, measurements).survey())
    assert asked.asked == ["staked on", "other", "plain"]
    assert set(survey.able) == {"staked on", "plain"}
    assert "other" in survey.failed
