"""The relayer as its operator runs it: a process with its settings, between signed feeds and two chains."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner, Result
from eth_abi import encode
from web3 import Web3

from relayer.commands import relayer
from relayer.keys import create_keystore
from signed_http.wallets import hotkey_of, open_or_create
from statements.instances import Instances
from statements.publication import Publication
from tests.integration.relayer_chain import (
    ABROAD,
    HOME,
    LAYOUT,
    MODEL,
    PROJECT,
    LocalChain,
    free_port,
    local_chain,
    published,
    send,
    wait_until,
)
from tests.integration.relayer_feed import Feed, serve
from tests.openapi import Document
from verifier_gen import prover
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.prover import Proof

RELAYER = [sys.executable, "-m", "veristake", "relayer"]


@dataclass
class Operation:
    """Everything that an operator has.

    Attributes:
        folder: where all files are.
        home: chain of the tokens.
        abroad: another one.
        feeds: of three validators.
        circuit: what is proved.
        proof: a real one.
        address: account that pays.
        port: of the relayer's HTTP service.
        name: of settings and log.
        more: of the settings, beside chains and sources.
        home_url: node of the home chain, or what stands before it.
    """

    folder: Path
    home: LocalChain
    abroad: LocalChain
    feeds: list[Feed]
    circuit: Circuit
    proof: Proof
    address: str
    port: int
    name: str = "relayer"
    more: str = ""
    home_url: str = ""

    @property
    def settings(self) -> Path:
        return self.folder / f"{self.name}.toml"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def log_events(self) -> list[str]:
        """What the relayer has logged, in order."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line)["event"] for line in lines if line.startswith("{")]

    def publication(self, feed: Feed, cursor: int, *, number: int = 1, lie: bool = False) -> Publication:
        elements = list(self.proof.instances.elements)
        if lie:
            elements[-1] += 1
        return published(
            self.home.epoch,
            number=number,
            validator=feed.hotkey,
            cursor=cursor,
            abroad=self.abroad,
            instances=Instances(layout=self.circuit.manifest.layout, elements=tuple(elements)),
            proof=self.proof.proof,
            circuit_id=self.circuit.manifest.circuit_id,
        )

    def ask(self, path: str) -> Any:
        """An answer of the HTTP service; it has to be as the service's own description says."""
        address = f"http://127.0.0.1:{self.port}"
        answer = httpx.get(f"{address}{path}", timeout=10)
        Document(httpx.get(f"{address}/openapi.json", timeout=10).json()).check(answer)
        return answer.json()

    def answers(self) -> bool:
        try:
            return bool(httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200)
        except httpx.HTTPError:
            return False

    def command(self, *arguments: str) -> Result:
        return CliRunner(mix_stderr=False).invoke(relayer, [*arguments, "--config", str(self.settings)])

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        whole = [*RELAYER, *arguments, "--config", str(self.settings)]
        return subprocess.run(whole, cwd=PROJECT, capture_output=True, text=True, timeout=120)

    def write_settings(self) -> None:
        chains = ""
        for name, chain, attested in (("home", self.home, None), ("abroad", self.abroad, self.abroad)):
            chains += f'[[chains]]\nname = "{name}"\nchain_id = {chain.web3.eth.chain_id}\n'
            url = (chain is self.home and self.home_url) or chain.url
            chains += f'endpoints = ["{url}"]\nrpc_timeout_seconds = 60\nrisk_feed = "{chain.risk_feed.address}"\n'
            chains += f'attested_inputs = "{attested.attested_inputs.address}"\n' if attested else ""
            chains += 'keystore = "keystore.json"\npassword_file = "password.txt"\npoll_seconds = 0.2\n\n'
        sources = "".join(f'[[sources]]\nurl = "{feed.url}"\nhotkey = "{feed.hotkey}"\n' for feed in self.feeds)
        self.settings.write_text(
            f'circuits = ["{self.circuit.directory}"]\nport = {self.port}\nsource_poll_seconds = 0.2\n'
            f'models = ["{MODEL}"]\n{self.more}\n[wallet]\npath = "wallets"\nname = "relayer"\n\n{sources}\n{chains}'
        )


@contextmanager
def operating(tiny_circuit: Circuit, folder: Path) -> Iterator[Operation]:
    """Two chains, three validators' feeds and a real proof."""
    assert tiny_circuit.manifest.layout == LAYOUT
    proof = run_isolated(prover.prove, tiny_circuit, tuple(range(-16, 16)), 12345)
    with ExitStack() as stack:
        home, abroad = (stack.enter_context(local_chain(chain_id)) for chain_id in (HOME, ABROAD))
        accepted = Web3.keccak(encode(["bytes", "uint256[]"], [proof.proof, proof.instances.elements]))
        address = create_keystore(folder / "keystore.json", folder / "password.txt", iterations=2)
        for chain in (home, abroad):
            send(chain.web3, chain.verifier.functions.accept(accepted), chain.deployer)
            chain.fund(address)
            chain.ask("evm_setIntervalMining", 1)
        keypairs = [hotkey_of(open_or_create(folder / "wallets", name)) for name in ("one", "two", "liar", "relayer")]
        feeds = [stack.enter_context(serve(Feed(keypair))) for keypair in keypairs[:3]]
        made = Operation(folder, home, abroad, feeds, tiny_circuit, proof, address, free_port())
        made.write_settings()
        yield made


def launch(operation: Operation) -> subprocess.Popen[bytes]:
    with operation.log.open("ab") as log:
        command = [*RELAYER, "run", "--config", str(operation.settings)]
        return subprocess.Popen(command, cwd=PROJECT, stderr=log)


def start(operation: Operation) -> subprocess.Popen[bytes]:
    process = launch(operation)
    wait_until(operation.answers, "the relayer does not get ready")
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def settled(operation: Operation, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def done() -> bool:
        found[:] = operation.ask("/v1/jobs")["jobs"]
        return len(found) == count and all(job["state"] == "finalized" for job in found)

    wait_until(done, f"jobs do not settle: {found}")
    return found
