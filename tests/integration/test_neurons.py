"""Miner and validator: real processes on a real chain with real proofs, and miners that lie."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bittensor.keyfiles import Keypair
from eth_account import Account
from eth_account.messages import encode_typed_data
from fastapi import FastAPI

from neurons.home_chain import FeatureMismatchError, HomeChain, InputsUnavailableError
from neurons.messages import ObservationRequest
from neurons.miner.app import miner_app
from neurons.miner.queue import ProvingQueue
from neurons.miner.service import MinerService
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
from statements.quantities import to_field
from statements.request_tag import request_tag
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
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool
from veristake.demo.processes import free_port

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


@dataclass
class Tampering:
    """A miner that proves rightly and then alters what it sends."""

    honest: MinerService
    lie: str

    async def __call__(self, request: ObservationRequest, validator: str) -> Any:
        if self.lie == "another request's proof":
            request = request.model_copy(update={"nonce": "0x" + "11" * 32})
        answer = await self.honest.answer(request, validator)
        return _LIES[self.lie][0](answer)


def _with_elements(answer: ProvenInference, position: int, value: int) -> Any:
    elements = list(answer.instances.elements)
    elements[position] = value
    instances = Instances(layout=answer.instances.layout, elements=tuple(elements))
    return answer.model_copy(update={"instances": instances}).model_dump(mode="json")


def _replaced(**fields: Any) -> Any:
    return lambda answer: answer.model_copy(update=fields).model_dump(mode="json")


def _other_epoch(answer: ProvenInference) -> Any:
    subject = answer.subject.model_copy(update={"epoch": answer.subject.epoch - 1})
    return answer.model_copy(update={"subject": subject}).model_dump(mode="json")


def _other_layout(answer: ProvenInference) -> Any:
    layout = answer.instances.layout.model_copy(update={"output_scale_bits": 20})
    instances = answer.instances.model_copy(update={"layout": layout})
    return answer.model_copy(update={"instances": instances}).model_dump(mode="json")


_LIES: dict[str, tuple[Any, str]] = {
    "another request's proof": (lambda answer: answer.model_dump(mode="json"), "wrong_tag"),
    "changed output": (
        lambda answer: _with_elements(answer, -1, answer.instances.outputs[-1] ^ 1),
        "invalid_proof",
    ),
    "output above one": (lambda answer: _with_elements(answer, -1, 1 << 12), "output_out_of_range"),
    "negative output": (lambda answer: _with_elements(answer, -2, to_field(-1)), "output_out_of_range"),
    "changed input": (lambda answer: _with_elements(answer, 0, 7), "wrong_inputs"),
    "limb too wide": (lambda answer: _with_elements(answer, 32, 1 << 17), "wrong_tag"),
    "other layout": (_other_layout, "wrong_layout"),
    "wrong subject": (_other_epoch, "wrong_subject"),
    "wrong circuit": (_replaced(circuit_id="0x" + "22" * 32), "wrong_circuit"),
    "stranger's name": (_replaced(prover=STRANGER.ss58_address), "wrong_prover"),
    "garbage proof": (_replaced(proof="0x" + "ab" * 1952), "invalid_proof"),
    "short proof": (_replaced(proof="0x"), "invalid_proof"),
    "garbage": (lambda answer: {"proof": "none"}, "malformed"),
    "nothing": (lambda answer: None, "malformed"),
}


@dataclass
class Parts:
    """A validator without its process, and the circuit's honest prover."""

    home: Home
    circuit: Circuit
    pool: ProverPool
    network: LocalNetwork
    store: ValidatorStore

    def loop(self, timeout: float = 30) -> ValidatorLoop:
        return ValidatorLoop(
            assets=[AssetSettings(symbol="ezETH", token=self.home.token("ezETH"))],
            model=MODEL,
            circuit_id=self.circuit.manifest.circuit_id,
            chain=HomeChain(self.home.settings),
            network=self.network,
            asker=Asker(VALIDATOR, self.circuit, self.pool, timeout),
            attester=None,
            store=self.store,
            timeout=timeout,
            poll_seconds=0.1,
        )

    def service(self, *, workers: int = 1, limit: int = 4) -> MinerService:
        return MinerService(
            hotkey=MINER.ss58_address,
            chain=HomeChain(self.home.settings),
            circuits={self.circuit.manifest.circuit_id: self.circuit},
            pool=self.pool,
            queue=ProvingQueue(workers=workers, limit=limit),
        )

    def announce(self, keypair: Any, url: str) -> None:
        self.network.register(keypair.ss58_address, Role.MINER)
        self.network.serve(keypair.ss58_address, url)


@pytest.fixture
def parts(home: Home, tiny_circuit: Circuit, tmp_path: Path) -> Iterator[Parts]:
    network = LocalNetwork(tmp_path / "network.json")
    network.register(VALIDATOR.ss58_address, Role.VALIDATOR)
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", VALIDATOR.ss58_address)
    pool = ProverPool(1)
    yield Parts(home, tiny_circuit, pool, network, store)
    pool.close()
    store.close()


def dishonest_app(service: MinerService, network: LocalNetwork, lies: list[str]) -> Any:
    """A miner's server that tells the first of ``lies`` that is left."""
    app = FastAPI()

    @app.get("/v1/capabilities")
    def capabilities() -> Any:
        return service.capabilities()

    @app.post("/v1/observations")
    async def observations(request: ObservationRequest) -> Any:
        return await Tampering(service, lies[0])(request, VALIDATOR.ss58_address)

    return SignedRequests(app, MINER)


def test_tick_dishonest_miner_each_lie_is_refused_with_its_reason(parts: Parts) -> None:
    lies = list(_LIES)

    async def go() -> list[str]:
        reasons = []
        while lies:
            await parts.loop().tick()
            reasons.append(parts.store.changes(MINER.ss58_address, 1)[0].reason)
            del lies[0]
        return reasons

    with serving(dishonest_app(parts.service(), parts.network, lies)) as url:
        parts.announce(MINER, url)
        reasons = asyncio.run(go())
    assert dict(zip(_LIES, reasons, strict=True)) == {lie: reason for lie, (_, reason) in _LIES.items()}
    assert parts.store.page(0, 10).items == ()


def test_tick_liar_beside_honest_miner_statement_is_published_by_the_honest_one(parts: Parts) -> None:
    honest = MinerService(
        hotkey=RELAYER.ss58_address,
        chain=HomeChain(parts.home.settings),
        circuits={parts.circuit.manifest.circuit_id: parts.circuit},
        pool=parts.pool,
        queue=ProvingQueue(workers=1, limit=4),
    )
    liar = dishonest_app(parts.service(), parts.network, ["garbage proof"])
    with ExitStack() as servers:
        parts.announce(MINER, servers.enter_context(serving(liar)))
        url = servers.enter_context(serving(SignedRequests(miner_app(honest, parts.network), RELAYER)))
        parts.announce(RELAYER, url)
        loop = parts.loop()
        # a failure is remembered: the liar starts with a score to lose
        asyncio.run(loop.tick())
        asyncio.run(loop.tick())
    (item,) = parts.store.page(0, 10).items
    assert item.inference.prover == RELAYER.ss58_address
    scores = {score.hotkey: score.score for score in parts.store.scores()}
    assert scores[RELAYER.ss58_address] > 0
    assert scores.get(MINER.ss58_address, 0) == 0


def test_tick_unreachable_and_slow_miners_are_blamed_once_per_statement(parts: Parts) -> None:
    app = FastAPI()

    @app.get("/v1/capabilities")
    def capabilities() -> Any:
        return parts.service().capabilities()

    @app.post("/v1/observations")
    async def observations() -> None:
        await asyncio.sleep(30)

    loop = parts.loop(timeout=1)
    parts.announce(STRANGER, f"http://127.0.0.1:{free_port()}")
    with serving(SignedRequests(app, MINER)) as url:
        parts.announce(MINER, url)
        asyncio.run(loop.tick())
        asyncio.run(loop.tick())
    assert [change.reason for change in parts.store.changes(MINER.ss58_address)] == ["timed_out"]
    assert [change.reason for change in parts.store.changes(STRANGER.ss58_address)] == ["unreachable"]


def test_tick_refusal_that_is_nobodys_fault_costs_nothing(parts: Parts) -> None:
    service = parts.service(workers=1, limit=0)
    with serving(SignedRequests(miner_app(service, parts.network), MINER)) as url, ExitStack() as held:
        parts.announce(MINER, url)
        held.enter_context(service._queue.place("any", 60))
        asyncio.run(parts.loop().tick())
    assert parts.store.changes(MINER.ss58_address) == ()
    assert parts.store.page(0, 10).items == ()


def test_tick_chain_gone_is_a_chain_error_and_blames_nobody(parts: Parts) -> None:
    gone = parts.home.settings.model_copy(update={"endpoint": f"http://127.0.0.1:{free_port()}"})
    loop = parts.loop()
    loop._chain = HomeChain(gone)
    with pytest.raises(ChainError, match="does not answer"):
        asyncio.run(loop.tick())
    assert parts.store.scores() == ()


@pytest.fixture
def asked(parts: Parts) -> Iterator[Any]:
    """Ask a real miner server, as a given caller."""
    service = parts.service()
    with serving(SignedRequests(miner_app(service, parts.network), MINER)) as url:

        def ask(caller: Any = VALIDATOR, path: str = "/v1/observations", **changes: Any) -> Any:
            subject = subject_of(parts.home, "ezETH", _latest(parts.home))
            fields = {
                "nonce": "0x" + "33" * 32,
                "circuit_id": parts.circuit.manifest.circuit_id,
                "subject": subject.model_copy(update=changes.pop("subject", {})).model_dump(mode="json"),
                "deadline_seconds": 30,
                **changes,
            }

            async def go() -> Any:
                async with SignedClient(caller, url, MINER.ss58_address, 30) as client:
                    if path == "/v1/observations":
                        return await client.post_json(path, fields)
                    return await client.get_json(path)

            return asyncio.run(go())

        ask.service = service  # type: ignore[attr-defined]
        yield ask


def _latest(home: Home) -> int:
    return HomeChain(home.settings).latest_epoch(home.token("ezETH"))


def test_observations_same_request_gives_tag_of_that_request(asked: Any, parts: Parts) -> None:
    answer = ProvenInference.model_validate(asked())
    reading = HomeChain(parts.home.settings).read(answer.subject.asset, answer.subject.epoch)
    layout = answer.instances.layout
    expected = request_tag(
        nonce=bytes.fromhex("33" * 32),
        validator=VALIDATOR.ss58_address,
        miner=MINER.ss58_address,
        circuit_id=answer.circuit_id,
        inputs=reading.inputs,
        bits=layout.tag_bits,
    )
    assert answer.instances.tag == expected
    capabilities = asked(path="/v1/capabilities")
    assert capabilities["workers"] == 1
    assert capabilities["circuits"][0]["seconds_per_proof"] == pytest.approx(answer.prove_seconds)


_REFUSALS: dict[str, tuple[dict[str, Any], int, Fault]] = {
    "circuit_not_held": ({"circuit_id": "0x" + "00" * 32}, 404, Fault.CALLER),
    "wrong_home": ({"subject": {"home_chain_id": 1}}, 409, Fault.CALLER),
    "wrong_model": ({"subject": {"model_id": "0x" + "00" * 32}}, 409, Fault.CALLER),
    "wrong_config_version": ({"subject": {"config_version": 2}}, 409, Fault.CALLER),
    "inputs_unavailable": ({"subject": {"epoch": 5}}, 409, Fault.NOBODY),
    "malformed_request": ({"nonce": "0x33"}, 422, Fault.CALLER),
    "not_a_validator": ({"caller": STRANGER}, 403, Fault.CALLER),
    "unknown_route": ({"path": "/v1/nothing"}, 404, Fault.CALLER),
    "deadline_passed": ({"deadline_seconds": 0.001}, 504, Fault.RESPONDER),
}


@pytest.mark.parametrize("code", list(_REFUSALS))
def test_observations_what_cannot_be_answered_is_refused_in_types(asked: Any, code: str) -> None:
    changes, status, fault = _REFUSALS[code]
    with pytest.raises(PeerRefusedError) as caught:
        asked(**changes)
    refusal = caught.value.refusal
    assert refusal is not None
    assert (refusal.code, caught.value.status, refusal.fault) == (code, status, fault)
    assert caught.value.authentic


def test_observations_worker_dies_is_proving_failed(asked: Any, parts: Parts) -> None:
    asked()
    for pid in parts.pool.worker_pids:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(PeerRefusedError) as caught:
        asked()
    assert caught.value.refusal is not None
    assert caught.value.refusal.code == "proving_failed"
    asked()


def test_proofs_stranger_is_no_reader(parts: Parts) -> None:
    app = validator_app(VALIDATOR.ss58_address, parts.store, parts.network, frozenset({RELAYER.ss58_address}))
    with serving(SignedRequests(app, VALIDATOR)) as url:
        assert read_feed(url, VALIDATOR.ss58_address).next_cursor == 0
        with pytest.raises(PeerRefusedError, match="not_a_reader"):
            read_feed(url, VALIDATOR.ss58_address, reader=STRANGER)


def test_check_wrong_chain_id_names_both(home: Home) -> None:
    settings = home.settings.model_copy(update={"chain_id": 1})
    with pytest.raises(ChainError, match=r"has chain id 31337, chain.chain_id is 1"):
        HomeChain(settings).check()


def test_check_no_observer_names_address(home: Home) -> None:
    settings = home.settings.model_copy(update={"observer": DESTINATION["contract"]})
    with pytest.raises(ChainError, match="has no code"):
        HomeChain(settings).check()


def test_latest_epoch_never_observed_is_unavailable(home: Home) -> None:
    with pytest.raises(InputsUnavailableError):
        HomeChain(home.settings).latest_epoch(str(DESTINATION["contract"]))


def test_read_contract_disagrees_is_feature_mismatch(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurons.home_chain.window_features", lambda window, parameters: (1 << 40,) * 32)
    with pytest.raises(FeatureMismatchError, match="input 0"):
        HomeChain(home.settings).read(home.token("ezETH"), _latest(home))


def _page_of(validator: NeuronProcess, hotkey: str, count: int) -> PublicationPage:
    def full() -> PublicationPage | None:
        page = read_feed(validator.url, hotkey)
        return page if len(page.items) >= count else None

    page = eventually(full)
    assert page is not None
    return page
