"""A miner and a validator, as processes, that know of each other only what a Subtensor node says.

The node is the double of tests/integration/subtensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account

from signed_http.wallets import open_wallet
from tests.integration.neurons.parts import Home, NeuronProcess, eventually
from tests.integration.neurons.subnet import Subnet, read_feed
from tests.integration.subtensor.chain import Chain
from tests.integration.subtensor.node import Node, running
from tests.integration.subtensor.recorded import recorded
from tests.integration.subtensor.runtime import Runtime
from tests.integration.subtensor.stand import NETUID, Keys, Stand, open_subnet
from verifier_gen.circuit import Circuit

HOST = "127.0.0.2"
"""The chain refuses 127.0.0.1 as an endpoint."""


@dataclass
class ChainSubnet(Subnet):
    """The same two neurons, with their subnet on a chain."""

    node_url: str = ""

    def write_settings(self, role: str) -> Path:
        config = super().write_settings(role)
        file = f'path = "{self.folder}/network.json"\nrules = {self.rules}\n'
        chain = f'kind = "bittensor"\nendpoint = "{self.node_url}"\nnetuid = {NETUID}\nrefresh_seconds = 0.5\n'
        text = config.read_text()
        assert file in text
        config.write_text(text.replace(file, chain).replace("[listen]\n", f'[listen]\nhost = "{HOST}"\n'))
        return config

    def launch(self, role: str) -> NeuronProcess:
        """Start a process without waiting for it: it listens on another address than in a local network."""
        arguments = ["-m", "veristake", role, "run", "--config", str(self.write_settings(role))]
        process = NeuronProcess(arguments, self.folder / f"{role}.log", f"http://{HOST}:{self.ports[role]}")
        self.running.append(process)
        return process

    def wallet(self, role: str) -> Keys:
        held = open_wallet(self.folder / "wallets", role)
        return Keys(held.coldkey, held.hotkey)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    # the SDK keeps what it reads of a chain under its genesis and version, which the double shares with a real one
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path / "runtime-cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("bittensor.config.save_token_symbols", lambda *_: None)
    chain = Chain(Runtime(recorded()))
    open_subnet(chain, WeightsSetRateLimit=0)
    with running(chain) as node:
        yield node


def test_run_miner_and_validator_find_each_other_on_the_chain(
    home: Home, tiny_circuit: Circuit, tmp_path: Path, node: Node
) -> None:
    subnet = ChainSubnet(tmp_path, home, tiny_circuit, Account.create(), node_url=node.url)
    # weights whenever there are scores, instead of at the end of an epoch, of which the double has none
    subnet.more_settings["validator"] = "[weights]\nblocks_apart = 0\nlast_blocks = 400\npoll_seconds = 0.2\n"
    stand = Stand(node, [])
    for role in ("miner", "validator"):
        stand.enter(subnet.wallet(role))
    stand.permit(subnet.wallet("validator"))
    node.mine(1)
    try:
        miner, validator = subnet.launch("miner"), subnet.launch("validator")
        eventually(miner.healthy)
        eventually(validator.healthy)
        page = eventually(lambda: (found := read_feed(validator.url, subnet.hotkeys["validator"])).items and found)
        assert {item.inference.prover for item in page.items} == {subnet.hotkeys["miner"]}
        assert {neuron.hotkey: neuron.endpoint for neuron in stand.network(subnet.wallet("miner")).neurons()} == {
            subnet.hotkeys["miner"]: miner.url,
            subnet.hotkeys["validator"]: validator.url,
        }
        eventually(lambda: stand.chain.get("Weights", [NETUID, 1]) == [(0, 65535)])
        assert [validator.stop(), miner.stop()] == [0, 0]
    finally:
        for process in subnet.running:
            process.clean_up()
        for opened in stand.opened:
            opened.close()
    assert subnet.events("validator", "weights_refused") == []
    assert node.submitted().count("SubtensorModule.serve_axon") == 2
