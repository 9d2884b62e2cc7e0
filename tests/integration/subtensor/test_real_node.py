"""Against a real node, when one is named: reading only."""

from __future__ import annotations

import os

import pytest

from neurons.network.bittensor_network import BittensorNetwork
from neurons.network.progress import LAGGING_SECONDS
from neurons.network.settings import BittensorNetworkSettings
from neurons.network.standing import standing_of
from tests.integration.subtensor.stand import STRANGER

_ENDPOINT = os.environ.get("SUBTENSOR_WS", "")
_NETUID = int(os.environ.get("SUBTENSOR_NETUID", "1"))


@pytest.mark.skipif(not _ENDPOINT, reason="SUBTENSOR_WS names no node: what only a real one shows is not tested")
def test_neurons_and_rules_of_a_real_node_are_read() -> None:
    settings = BittensorNetworkSettings(kind="bittensor", endpoint=_ENDPOINT, netuid=_NETUID)
    network = BittensorNetwork(settings, STRANGER)
    try:
        seen = network.seen()
        assert seen.block > 0
        assert [neuron.uid for neuron in seen.neurons] == list(range(len(seen.neurons)))
        for neuron in seen.neurons[:3]:
            rules = network.weight_rules(neuron.hotkey)
            assert rules.block >= seen.block
        standing = standing_of(network, STRANGER.address)
        assert standing.neuron is None
        assert standing.block_age_seconds is not None
        assert abs(standing.block_age_seconds) < LAGGING_SECONDS
        assert isinstance(network.committed(), dict)
    finally:
        network.close()
