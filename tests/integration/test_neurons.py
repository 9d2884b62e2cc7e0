"""Miner and validator: real processes on a real chain with real proofs, and miners that lie."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bittensor.keyfiles import Keypair
from eth_account import Account
from eth_account.messages import encode_typed_data

from neurons.home_chain import FeatureMismatchError, HomeChain, InputsUnavailableError
from neurons.miner.app import miner_app
from neurons.miner.queue import ProvingQueue
from neurons.miner.service import MinerService
from neurons.messages import ObservationRequest
from neurons.network import LocalNetwork, Role
from neurons.validator.app import validator_app
from neurons.validator.asking import Asker
from neurons.validator.loop import ValidatorLoop
from neurons.validator.settings import AssetSettings
from neurons.validator.store import ValidatorStore, open_store
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError
from signed_http.refusal import Fault
from signed_http.server import SignedRequests
from signed_http.wallets import hotkey_of, open_or_create
from statements.errors import ChainError
from statements.instances import Instances
from statements.proven_inference import ProvenInference
from statements.publication import PublicationPage
from statements.request_tag import split_tag
from statements.subject import Subject, model_id
from tests.integration.neuron_parts import (
    CHAIN_ID,
    MODEL,
    SYMBOLS,
    Home,
    NeuronProcess,
    eventually,
    home_chain,
    serving,
)
from veristake.demo.processes import free_port
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

MINER = Keypair.create_from_uri("//Miner")
VALIDATOR = Keypair.create_from_uri("//Validator")
RELAYER = Keypair.create_from_uri("//Relayer")
STRANGER = Keypair.create_from_uri("//Stranger")
DESTINATION = {"chain_id": 31338, "contract": "0x00000000000000000000000000000000000000AA"}


@pytest.fixture(scope="module")
def home(tiny_circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with home_chain(tiny_circuit, tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture(scope="module")
def pool() -> Iterator[ProverPool]:
    pool = ProverPool(1)
    yield pool
    pool.close()


def read_feed(url: str, validator: str, after: int = 0, reader: Any = RELAYER) -> PublicationPage:
    async def go() -> Any:
        async with SignedClient(reader, url, validator, 10) as client:
            return await client.get_json("/v1/proofs", {"after": after, "limit": 50})

    return PublicationPage.model_validate(asyncio.run(go()))


def subject_of(home: Home, symbol: str, epoch: int) -> Subject:
    return Subject(
        home_chain_id=CHAIN_ID,
        observer=home.deployment.observer,
        config_version=1,
        model_id=model_id(MODEL),
        asset=home.token(symbol),
        epoch=epoch,
    )


@dataclass
class Subnet:
    """Settings files, wallets and processes of one miner and one validator."""

    folder: Path
    home: Home
    circuit: Circuit
    attester: Any
    ports: dict[str, int] = field(default_factory=lambda: {"miner": free_port(), "validator": free_port()})
    running: list[NeuronProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        wallets = self.folder / "wallets"
        self.hotkeys = {role: hotkey_of(open_or_create(wallets, role)).ss58_address for role in self.ports}
        (self.folder / "attester.json").write_text(
            json.dumps(Account.encrypt(self.attester.key, "secret", iterations=2))
        )
        (self.folder / "password").write_text("secret\n")

    def start(self, role: str) -> NeuronProcess:
        config = self.folder / f"{role}.toml"
        config.write_text(self._common(role) + (self._miner() if role == "miner" else self._validator()))
        process = NeuronProcess(role, config, self.folder / f"{role}.log", f"http://127.0.0.1:{self.ports[role]}")
        self.running.append(process)
        eventually(process.healthy)
        return process

    def events(self, role: str, name: str) -> list[dict[str, Any]]:
        lines = (self.folder / f"{role}.log").read_text().splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in events if event["event"] == name]

    def _common(self, role: str) -> str:
        lists = {
            "miner": f'circuits = ["{self.circuit.directory}"]',
            "validator": f"""circuit = "{self.circuit.directory}"
model = "{MODEL}"
readers = ["{RELAYER.ss58_address}"]
state_url = "sqlite:///{self.folder}/validator.sqlite"
poll_seconds = 0.2""",
        }
        return f"""
network = "{self.folder}/network.json"
{lists[role]}
[wallet]
path = "{self.folder}/wallets"
name = "{role}"
[listen]
port = {self.ports[role]}
[chain]
endpoint = "{self.home.chain.url}"
chain_id = {CHAIN_ID}
observer = "{self.home.deployment.observer}"
"""

    def _miner(self) -> str:
        return ""

    def _validator(self) -> str:
        assets = "".join(f'[[assets]]\nsymbol = "{s}"\ntoken = "{self.home.token(s)}"\n' for s in SYMBOLS)
        return f"""{assets}
[attestation]
keystore = "{self.folder}/attester.json"
password_file = "{self.folder}/password"
[[attestation.destinations]]
chain_id = {DESTINATION["chain_id"]}
contract = "{DESTINATION["contract"]}"
"""


@pytest.fixture
def subnet(home: Home, tiny_circuit: Circuit, tmp_path: Path) -> Iterator[Subnet]:
    subnet = Subnet(tmp_path, home, tiny_circuit, Account.create())
    yield subnet
    for process in subnet.running:
        process.process.kill()
        process.process.wait()


def test_run_miner_and_validator_publish_each_epoch_once_across_kill_and_restart(
    subnet: Subnet, home: Home, pool: ProverPool
) -> None:
    miner, validator = subnet.start("miner"), subnet.start("validator")
    hotkey = subnet.hotkeys["validator"]
    first = _page_of(validator, hotkey, 2)
    chain = HomeChain(home.settings)
    for item in first.items:
        subject = item.inference.subject
        reading = chain.read(subject.asset, subject.epoch)
        assert item.inference.instances.inputs == reading.inputs
        assert item.inference.prover == subnet.hotkeys["miner"]
        assert item.validator == hotkey
        directory, inference = subnet.circuit.directory, item.inference
        assert asyncio.run(pool.verify(directory, inference.instances, inference.proof_bytes))
        (attested,) = item.attestations
        message = encode_typed_data(full_message=attested.attestation.typed_data())
        assert Account.recover_message(message, signature=attested.signature) == subnet.attester.address
        assert attested.attestation.inputs == reading.inputs
        assert attested.attestation.expiry == home.chain.timestamp + 86_400

    validator.process.kill()
    validator.process.wait()
    validator = subnet.start("validator")
    assert read_feed(validator.url, hotkey) == first

    epoch = home.observe_next_epoch()
    second = _page_of(validator, hotkey, 4)
    assert second.items[:2] == first.items
    assert [item.cursor for item in second.items] == [1, 2, 3, 4]
    assert {item.inference.subject.asset for item in second.items[2:]} == {home.token(s) for s in SYMBOLS}
    assert {item.inference.subject.epoch for item in second.items[2:]} == {epoch}
    assert read_feed(validator.url, hotkey, after=3).items == second.items[3:]
    assert read_feed(validator.url, hotkey, after=4).next_cursor == 4

    assert [validator.stop(), miner.stop()] == [0, 0]
    assert len(subnet.events("miner", "proof_made")) == 4
    published = subnet.events("validator", "inference_published")
    assert [event["cursor"] for event in published] == [1, 2, 3, 4]
    assert subnet.events("validator", "answer_refused") == []


def _page_of(validator: NeuronProcess, hotkey: str, count: int) -> PublicationPage:
    def full() -> PublicationPage | None:
        page = read_feed(validator.url, hotkey)
        return page if len(page.items) >= count else None

    page = eventually(full)
    assert page is not None
    return page
