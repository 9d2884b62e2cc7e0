"""One miner and one validator: as processes with their settings files, and as parts in this process."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bittensor.keyfiles import Keypair
from eth_account import Account

from neurons.home_chain import HomeChain
from neurons.miner.admission import Gate
from neurons.miner.backends.local import LocalBackend
from neurons.miner.competing import Competitions
from neurons.miner.holdings import HeldCircuits
from neurons.miner.places import Places
from neurons.miner.proving import Prover
from neurons.miner.queue import ProvingQueue
from neurons.miner.service import MinerService
from neurons.miner.settings import AdmissionSettings
from neurons.network import LocalNetwork, Role
from neurons.validator.assembly import Workings
from neurons.validator.loop import ValidatorLoop
from neurons.validator.rules import ScoringRule
from neurons.validator.settings import AssetSettings
from neurons.validator.store import ValidatorStore
from neurons.validator.timeouts import TimeoutRule
from signed_http.client import SignedClient
from signed_http.wallets import hotkey_of, open_or_create
from statements.publication import PublicationPage
from statements.subject import Subject, model_id
from tests.integration.neurons.parts import (
    CHAIN_ID,
    MODEL,
    SYMBOLS,
    Home,
    NeuronProcess,
    eventually,
)
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool
from veristake.demo.processes import free_port

MINER = Keypair.create_from_uri("//Miner")
VALIDATOR = Keypair.create_from_uri("//Validator")
RELAYER = Keypair.create_from_uri("//Relayer")
STRANGER = Keypair.create_from_uri("//Stranger")
DESTINATION = {"chain_id": 31338, "contract": "0x00000000000000000000000000000000000000AA"}


def read_feed(url: str, validator: str, after: int = 0, reader: Any = RELAYER) -> PublicationPage:
    async def go() -> Any:
        async with SignedClient(reader, url, validator, 10) as client:
            return await client.get_json("/v1/proofs", {"after": after, "limit": 50})

    return PublicationPage.model_validate(asyncio.run(go()))


def subject_of(home: Home, symbol: str, epoch: int) -> Subject:
    return Subject(
        home_chain_id=CHAIN_ID,
        observer=home.observer,
        config_version=1,
        model_id=model_id(MODEL),
        asset=home.token(symbol),
        epoch=epoch,
    )


@dataclass
class Subnet:
    """Settings files, wallets and processes of one validator and of miners, each named by its role.

    Attributes:
        folder: where all files are.
        home: chain of the observer.
        circuit: that all hold.
        attester: EVM key of the validator.
        behaviours: what a miner does that is not honest, by its role; see ``misbehaving``.
        miners: their roles.
        ports: where each answers.
        metrics_port: of the validator's metrics.
        running: processes that were started.
        more_settings: appended to a role's settings.
        rules: of the network's weights, a TOML table.
        longest_seconds: that the validator gives a miner.
        benchmarks: the validator's settings of them; none, so that nothing is asked but what a test asks.
    """

    folder: Path
    home: Home
    circuit: Circuit
    attester: Any
    behaviours: dict[str, str] = field(default_factory=dict)
    miners: tuple[str, ...] = ("miner",)
    ports: dict[str, int] = field(default_factory=dict)
    metrics_port: int = field(default_factory=free_port)
    running: list[NeuronProcess] = field(default_factory=list)
    more_settings: dict[str, str] = field(default_factory=dict)
    rules: str = "{}"
    benchmarks: str = "enabled = false"
    longest_seconds: float = 60.0

    def __post_init__(self) -> None:
        wallets = self.folder / "wallets"
        self.ports = {role: free_port() for role in (*self.miners, "validator")}
        self.hotkeys = {role: hotkey_of(open_or_create(wallets, role)).ss58_address for role in self.ports}
        (self.folder / "attester.json").write_text(
            json.dumps(Account.encrypt(self.attester.key, "secret", iterations=2))
        )
        (self.folder / "password").write_text("secret\n")

    def start(self, role: str, config: Path | None = None) -> NeuronProcess:
        config = config or self.write_settings(role)
        program = "validator" if role == "validator" else "miner"
        arguments = ["-m", "veristake", program, "run", "--config", str(config)]
        if role in self.behaviours:
            arguments = ["-m", "tests.integration.neurons.misbehaving", self.behaviours[role], str(config)]
        process = NeuronProcess(arguments, self.folder / f"{role}.log", f"http://127.0.0.1:{self.ports[role]}")
        self.running.append(process)
        eventually(process.healthy)
        return process

    def write_settings(self, role: str) -> Path:
        config = self.folder / f"{role}.toml"
        more = self.more_settings.get(role, "")
        config.write_text(self._common(role) + (self._validator() if role == "validator" else "") + more)
        return config

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
poll_seconds = 0.2
request_timeout_seconds = {self.longest_seconds}""",
        }
        return f"""
{lists["validator" if role == "validator" else "miner"]}
[wallet]
path = "{self.folder}/wallets"
name = "{role}"
[listen]
port = {self.ports[role]}
[network]
path = "{self.folder}/network.json"
rules = {self.rules}
[http]
replay_memory = "{self.folder}/{role}-replay.sqlite"
[chain]
endpoint = "{self.home.chain.url}"
chain_id = {CHAIN_ID}
observer = "{self.home.observer}"
"""

    def _validator(self) -> str:
        assets = "".join(f'[[assets]]\nsymbol = "{s}"\ntoken = "{self.home.token(s)}"\n' for s in SYMBOLS)
        return f"""{assets}
[benchmarks]
{self.benchmarks}
[metrics]
port = {self.metrics_port}
[attestation]
keystore = "{self.folder}/attester.json"
password_file = "{self.folder}/password"
[[attestation.destinations]]
chain_id = {DESTINATION["chain_id"]}
contract = "{DESTINATION["contract"]}"
"""


@dataclass
class Parts:
    """A validator without its process, and the circuit's honest prover."""

    home: Home
    circuit: Circuit
    pool: ProverPool
    network: LocalNetwork
    store: ValidatorStore

    def workings(self, timeout: float = 30) -> Workings:
        return Workings.build(
            keypair=VALIDATOR,
            circuits={self.circuit.manifest.circuit_id: self.circuit},
            store=self.store,
            network=self.network,
            pool=self.pool,
            rule=ScoringRule(timeouts=TimeoutRule(floor=min(5.0, timeout), ceiling=timeout)),
        )

    def loop(self, timeout: float = 30, chain: HomeChain | None = None) -> ValidatorLoop:
        return self.workings(timeout).observation_loop(
            chain=chain or HomeChain(self.home.settings),
            circuit=self.circuit,
            assets=(AssetSettings(symbol="ezETH", token=self.home.token("ezETH")),),
            model=MODEL,
            attester=None,
            poll_seconds=0.1,
        )

    def service(
        self, *, hotkey: str = MINER.ss58_address, limit: int = 4, competitions: Competitions | None = None
    ) -> MinerService:
        places = Places(ProvingQueue(workers=1, limit=limit))
        held = HeldCircuits([self.circuit])
        prover = Prover(hotkey=hotkey, held=held, backend=LocalBackend(self.pool), places=places)
        return MinerService(
            chain=HomeChain(self.home.settings), held=held, prover=prover, places=places, competitions=competitions
        )

    def gate(self, **settings: Any) -> Gate:
        return Gate(self.network, AdmissionSettings(refresh_seconds=0, **settings))

    def announce(self, keypair: Any, url: str) -> None:
        self.network.register(keypair.ss58_address, Role.MINER)
        self.network.serve(keypair.ss58_address, url)


def latest_epoch(home: Home) -> int:
    return HomeChain(home.settings).latest_epoch(home.token("ezETH"))
