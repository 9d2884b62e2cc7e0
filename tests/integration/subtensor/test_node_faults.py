"""A node that is gone, silent, back again, or of another runtime."""

from __future__ import annotations

import pytest

from neurons.network import chain_client
from neurons.network.errors import NetworkMismatchError, NetworkUnreachableError
from tests.integration.subtensor.chain import Chain
from tests.integration.subtensor.node import running
from tests.integration.subtensor.runtime import Runtime
from tests.integration.subtensor.stand import MINER, VALIDATOR, Stand, open_subnet


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_neurons_are_read_once_while_they_are_fresh(stand: Stand) -> None:
    clock = Clock()
    network = stand.network(MINER, clock, refresh_seconds=10.0)
    for now, reads_again in ((0.0, True), (9.0, False), (10.0, True), (11.0, False)):
        before = stand.node.asked.count("state_call")
        clock.now = now
        assert len(network.neurons()) == 2
        assert (stand.node.asked.count("state_call") > before) is reads_again


def test_neurons_of_a_silent_node_are_the_last_ones_until_they_are_too_old(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    network = stand.network(MINER, clock, refresh_seconds=10.0)
    before = network.seen()
    monkeypatch.setattr(chain_client, "READ_SECONDS", 0.2)
    stand.node.silent.set()
    clock.now = 20.0
    assert network.seen() == before
    asked = len(stand.node.asked)
    clock.now = 29.0
    assert network.seen() == before
    assert len(stand.node.asked) == asked, "a node that is down is asked again only after refresh_seconds"
    clock.now = 901.0
    with pytest.raises(NetworkUnreachableError, match="read 901 s ago"):
        network.neurons()
    stand.node.silent.clear()
    monkeypatch.undo()
    clock.now = 1000.0
    stand.node.mine(1)
    assert network.neurons() == before.neurons
    assert network.seen().at == 1000.0


def test_weights_of_a_silent_node_are_an_error_not_a_refusal(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    network = stand.network(VALIDATOR)
    network.neurons()
    monkeypatch.setattr("neurons.network.chain_weights.WRITE_SECONDS", 0.2)
    stand.node.silent.set()
    with pytest.raises(NetworkUnreachableError, match="setting weights: timed out"):
        network.set_weights(VALIDATOR.address, {0: 1.0}, holders={0: MINER.address}, version_key=0, dry_run=False)


def test_neurons_of_a_node_that_was_restarted_are_read_again(runtime: Runtime) -> None:
    chain = Chain(runtime)
    open_subnet(chain)
    chain.mine()
    with running(chain) as node:
        stand = Stand(node, [])
        network = stand.network(MINER)
        assert network.neurons() == ()
        port = int(node.url.rpartition(":")[2])
    with running(chain, port) as node:
        stand = Stand(node, stand.opened)
        stand.enter(MINER)
        network.forget()
        assert [neuron.hotkey for neuron in network.neurons()] == [MINER.address]
        for opened in stand.opened:
            opened.close()


def test_neurons_nobody_listens_is_told_without_the_url(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_client, "READ_SECONDS", 1.0)
    network = stand.network(MINER, endpoint="ws://127.0.0.1:9/secret-key")
    with pytest.raises(NetworkUnreachableError, match=r"network\.endpoint does not answer") as caught:
        network.neurons()
    assert "secret" not in str(caught.value)


def test_set_weights_runtime_without_what_the_sdk_asks_for_is_a_mismatch(
    runtime: Runtime, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a cache of its own: this runtime has the other's genesis and version
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path_factory.mktemp("old-runtime")))
    old = Runtime(runtime.recorded)
    old.metadata, old.codec = runtime.recorded.metadata, old._codec(runtime.recorded.metadata)
    chain = Chain(old)
    open_subnet(chain)
    with running(chain) as node:
        stand = Stand(node, [])
        for wallet in (MINER, VALIDATOR):
            stand.enter(wallet)
        node.mine(4)
        network = stand.network(VALIDATOR)
        with pytest.raises(NetworkMismatchError, match="SubnetEpochConsensus"):
            network.set_weights(VALIDATOR.address, {0: 1.0}, holders={0: MINER.address}, version_key=0, dry_run=False)
        for opened in stand.opened:
            opened.close()
