"""The relayer as its operator runs it: a process between signed feeds and two chains, with real proofs."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from eth_abi import encode
from web3 import Web3

from relayer.commands import relayer
from relayer.keys import create_keystore, open_keystore
from relayer.outbox.views import UnknownJobError
from signed_http.wallets import hotkey_of, open_or_create
from statements.instances import Instances
from statements.publication import Publication
from tests.integration.prometheus_server import RULES, Prometheus, prometheus
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
from verifier_gen import prover
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.prover import Proof

RELAYER = [sys.executable, "-m", "veristake", "relayer"]


@dataclass
class Operation:
    """Everything that an operator has."""

    folder: Path
    home: LocalChain
    abroad: LocalChain
    feeds: list[Feed]
    circuit: Circuit
    proof: Proof
    address: str
    port: int

    @property
    def settings(self) -> Path:
        return self.folder / "relayer.toml"

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
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10).json()

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
            chains += f'endpoints = ["{chain.url}"]\nrisk_feed = "{chain.risk_feed.address}"\n'
            chains += f'attested_inputs = "{attested.attested_inputs.address}"\n' if attested else ""
            chains += 'keystore = "keystore.json"\npassword_file = "password.txt"\npoll_seconds = 0.2\n\n'
        sources = "".join(f'[[sources]]\nurl = "{feed.url}"\nhotkey = "{feed.hotkey}"\n' for feed in self.feeds)
        self.settings.write_text(
            f'circuits = ["{self.circuit.directory}"]\nport = {self.port}\nsource_poll_seconds = 0.2\n'
            f'models = ["{MODEL}"]\n[wallet]\npath = "wallets"\nname = "relayer"\n\n{sources}\n{chains}'
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


@pytest.fixture(scope="module")
def operation(tiny_circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    with operating(tiny_circuit, tmp_path_factory.mktemp("operation")) as made:
        yield made


def start(operation: Operation) -> subprocess.Popen[bytes]:
    with (operation.folder / "relayer.log").open("ab") as log:
        command = [*RELAYER, "run", "--config", str(operation.settings)]
        process = subprocess.Popen(command, cwd=PROJECT, stderr=log)
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


def test_run_relays_to_both_chains_once_and_refuses_a_liar(operation: Operation) -> None:
    one, two, liar = operation.feeds
    honest = operation.publication(one, 1)
    operation.home.attest(honest)
    one.publications.append(honest)
    two.publications.append(operation.publication(two, 1))
    liar.publications.append(operation.publication(liar, 1, number=2, lie=True))
    process = start(operation)
    try:
        jobs = settled(operation, 3)
        wait_until(lambda: liar.asked > 0, "the liar is not asked")
        assert sorted((job["chain"], job["kind"]) for job in jobs) == [
            ("abroad", "attest"),
            ("abroad", "submit"),
            ("home", "submit"),
        ]
        for job in jobs:
            assert job["taken_at"] <= job["sent_at"] <= job["included_at"] <= job["finalized_at"]
            assert job["gas_used"] > 21000
            detail = operation.ask(f"/v1/jobs/{job['id']}")
            assert [event["new"] for event in detail["events"]] == ["queued", "sent", "included", "finalized"]
        assert operation.home.recorded(honest)
        assert operation.abroad.recorded(honest)
        wait_until(lambda: "publication_refused" in log_events(operation), "the lie is not refused")
        assert operation.ask("/healthz") == {"status": "ok"}
        assert operation.ask("/v1/status")["jobs"]["abroad"] == {"finalized": 2}
        assert httpx.get(f"http://127.0.0.1:{operation.port}/v1/jobs/99").status_code == 404
    finally:
        stop(process)
    assert len(operation.home.sent_by(operation.address)) == 1
    assert len(operation.abroad.sent_by(operation.address)) == 2


def test_run_garbage_of_one_source_does_not_stop_another(operation: Operation) -> None:
    _, two, liar = operation.feeds
    liar.garbage = '{"items": "none"}'
    process = start(operation)
    try:
        wait_until(lambda: "source_failed" in log_events(operation), "the garbage goes unnoticed")
        assert "not a page of publications" in operation.ask("/readyz")["sources"][liar.hotkey]
        later = operation.publication(two, 2, number=3)
        operation.home.attest(later)
        two.publications.append(later)
        settled(operation, 6)
        assert operation.abroad.recorded(later)
    finally:
        stop(process)


def test_dashboard_and_alerts_are_answered_by_a_real_prometheus(operation: Operation, tmp_path: Path) -> None:
    dashboard = json.loads((PROJECT / "docs" / "operations" / "relayer-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    with prometheus(tmp_path, operation.port) as server:
        process = start(operation)
        try:
            wait_until(lambda: server.values("veristake_relayer_chain_ready == 1"), "nothing is scraped")
            wait_until(lambda: server.values("rate(veristake_relayer_events_total[1h])"), "there is no rate yet")
            assert len(queries) == 9
            for query in queries:
                assert server.values(query), query
            groups = server.ask("rules")["groups"]
            rules = {rule["name"]: rule for group in groups for rule in group["rules"]}
            assert len(rules) == 11
            wait_until(lambda: all_evaluated(server), "the rules are not evaluated")
            assert server.values('veristake_relayer_chain_paused{chain="home"}').popitem()[1] == 0
            operation.command("pause", "home")
            wait_until(lambda: alert_state(server, "RelayerChainPaused") == "pending", "the pause raises no alert")
            operation.command("resume", "home")
            known = server.ask("label/__name__/values")
        finally:
            stop(process)
        # every metric that a rule or a panel names is one that the relayer gives
        named = set(re.findall(r"veristake_relayer_\w+", json.dumps(queries) + RULES.read_text()))
        assert named <= set(known)
        wait_until(lambda: alert_state(server, "RelayerDown") == "pending", "a relayer that is gone raises no alert")


def all_evaluated(server: Prometheus) -> bool:
    rules = [rule for group in server.ask("rules")["groups"] for rule in group["rules"]]
    assert all(rule["health"] != "err" for rule in rules), rules
    return all(rule["health"] == "ok" for rule in rules)


def alert_state(server: Prometheus, name: str) -> str:
    rules = [rule for group in server.ask("rules")["groups"] for rule in group["rules"]]
    return str(next(rule["state"] for rule in rules if rule["name"] == name))


def log_events(operation: Operation) -> list[str]:
    lines = (operation.folder / "relayer.log").read_text().splitlines()
    return [json.loads(line)["event"] for line in lines if line.startswith("{")]


def test_log_holds_neither_password_nor_key(operation: Operation) -> None:
    password = (operation.folder / "password.txt").read_text()
    key = open_keystore(operation.folder / "keystore.json", operation.folder / "password.txt")._account.key.hex()
    log = (operation.folder / "relayer.log").read_text()
    assert "nonce_reconciled" in log
    # everything that a run writes, but for the two files that hold them
    written = [file for file in operation.folder.rglob("*") if file.is_file() and file.name != "password.txt"]
    assert any(file.name.startswith("relayer.db") for file in written)
    for file in written:
        content = file.read_bytes()
        assert password.encode() not in content, file
        assert key.removeprefix("0x").encode() not in content.lower(), file
        assert bytes.fromhex(key.removeprefix("0x")) not in content, file


def test_commands_show_jobs_and_health(operation: Operation) -> None:
    status = json.loads(operation.command("status", "--json").stdout)
    assert set(status["jobs"]) == {"home", "abroad"}
    listed = json.loads(operation.command("txs", "list", "--json", "--state", "finalized").stdout)["jobs"]
    shown = operation.command("txs", "show", str(listed[0]["id"]))
    assert "included -> finalized" in shown.stdout
    assert "finalized" in operation.command("txs", "list").stdout
    assert "abroad: " in operation.command("status").stdout
    missing = operation.command("txs", "show", "12345")
    assert isinstance(missing.exception, UnknownJobError)
    assert "there is no job 12345" in str(missing.exception)


def test_doctor_names_what_is_wrong(operation: Operation) -> None:
    operation.feeds[2].garbage = None
    healthy = operation.command("doctor")
    assert healthy.exit_code == 0, healthy.stdout
    assert f"{operation.address} has" in healthy.stdout
    operation.home.fund(operation.address, 0)
    poor = operation.command("doctor", "--json")
    operation.home.fund(operation.address)
    assert poor.exit_code == 1
    (failure,) = [check for check in json.loads(poor.stdout)["checks"] if not check["ok"]]
    assert failure["name"] == "chain home: account"
    assert "has no funds on home" in failure["detail"]
    assert failure["remedy"] == "Send some to it"


def test_doctor_node_down_is_one_short_cause_and_one_remedy(operation: Operation) -> None:
    before = operation.settings.read_text()
    operation.settings.write_text(before.replace(operation.abroad.url, f"http://127.0.0.1:{free_port()}"))
    told = operation.process("doctor", "--json")
    operation.settings.write_text(before)
    assert told.returncode == 1
    (failure,) = [check for check in json.loads(told.stdout)["checks"] if not check["ok"]]
    assert failure["name"] == "chain abroad: endpoints"
    assert failure["detail"].endswith("does not answer eth_chainId: connection refused")
    assert failure["remedy"].count("Check") == 1


def test_doctor_source_of_another_kind_is_named(operation: Operation) -> None:
    liar = operation.feeds[2]
    liar.garbage = '{"items": "none"}'
    told = json.loads(operation.command("doctor", "--json").stdout)
    liar.garbage = None
    (failure,) = [check for check in told["checks"] if not check["ok"]]
    assert failure["name"] == f"source {liar.hotkey}"
    assert "does not answer with a page of publications" in failure["detail"]
    assert "sources[].url" in failure["remedy"]


def test_run_taken_port_ends_with_one_clear_line(operation: Operation) -> None:
    port = int(operation.feeds[0].url.rsplit(":", 1)[1])
    before = operation.settings.read_text()
    operation.settings.write_text(before.replace(f"port = {operation.port}", f"port = {port}"))
    refused = operation.process("run")
    operation.settings.write_text(before)
    assert refused.returncode == 2
    assert f"error: port {port} on 127.0.0.1 cannot be listened on" in refused.stderr


def test_run_wrong_chain_id_ends_with_one_clear_line(operation: Operation) -> None:
    before = operation.settings.read_text()
    operation.settings.write_text(before.replace(f"chain_id = {ABROAD}", "chain_id = 5"))
    refused = operation.process("run")
    operation.settings.write_text(before)
    assert refused.returncode == 2
    assert f"serves chain {ABROAD}, the settings say 5" in refused.stderr
