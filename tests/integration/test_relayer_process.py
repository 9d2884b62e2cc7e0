"""The relayer as its operator runs it: a process between signed feeds and two chains, with real proofs."""

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from relayer.keys import open_keystore
from relayer.outbox.views import UnknownJobError
from signed_http.wallets import hotkey_of, open_or_create
from statements.publication import Publication
from tests.integration.databases import Databases
from tests.integration.forge_artifacts import PROJECT
from tests.integration.prometheus_server import RULES, Prometheus, prometheus
from tests.integration.relayer_chain import ABROAD, wait_until
from tests.integration.relayer_feed import Feed, serve
from tests.integration.relayer_operation import Operation, launch, operating, settled, start, stop
from tests.integration.rpc_proxy import Fault, RpcProxy, rpc_proxy
from verifier_gen.circuit import Circuit
from veristake.demo.processes import free_port

SEND = "eth_sendRawTransaction"


@pytest.fixture(scope="module")
def operation(tiny_circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    with operating(tiny_circuit, tmp_path_factory.mktemp("operation")) as made:
        yield made


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
        wait_until(lambda: "publication_refused" in operation.log_events(), "the lie is not refused")
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
        wait_until(lambda: "source_failed" in operation.log_events(), "the garbage goes unnoticed")
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


def test_log_holds_neither_password_nor_key(operation: Operation) -> None:
    password = (operation.folder / "password.txt").read_text()
    key = open_keystore(operation.folder / "keystore.json", operation.folder / "password.txt")._account.key.hex()
    log = operation.log.read_text()
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


@contextmanager
def held_up(operation: Operation, databases: Databases) -> Iterator[tuple[Operation, RpcProxy, threading.Event]]:
    """The same chains, with a new state on PostgreSQL and a feed of its own; nothing is sent home while it is held.

    The feeds of the other tests would have the attester say about an epoch what it has said otherwise on the chain
    before, which stops AttestedInputs.
    """
    go_on = threading.Event()
    more = f'state_url = "{databases.make("postgresql", operation.folder)}"\nstop_grace_seconds = 60'
    validator = hotkey_of(open_or_create(operation.folder / "wallets", "late"))
    with rpc_proxy(operation.home.url) as proxy, serve(Feed(validator)) as feed:
        proxy.faults.append(Fault(SEND, until=go_on))
        made = replace(operation, feeds=[feed], port=free_port(), name="postgresql", more=more, home_url=proxy.url)
        made.write_settings()
        try:
            yield made, proxy, go_on
        finally:
            go_on.set()


def publish(operation: Operation, number: int) -> Publication:
    feed = operation.feeds[0]
    made = operation.publication(feed, len(feed.publications) + 1, number=number)
    operation.home.attest(made)
    feed.publications.append(made)
    return made


def all_settled(operation: Operation, *publications: Publication) -> bool:
    jobs = operation.ask("/v1/jobs")["jobs"]
    known = {job["statement_id"] for job in jobs}
    return known >= {each.inference.statement_id for each in publications} and all(
        job["state"] in ("finalized", "already_on_chain") for job in jobs
    )


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process until the block ends, and no longer."""
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def test_stopping_finishes_what_is_under_way_and_takes_nothing_new_and_the_second_signal_ends_at_once(
    operation: Operation, databases: Databases
) -> None:
    before = len(operation.home.sent_by(operation.address))
    with held_up(operation, databases) as (held, proxy, go_on):
        first = publish(held, 11)
        with ended(launch(held)) as process:
            wait_until(lambda: proxy.asked[SEND] == 1, "nothing is sent")
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: "relayer_stopping" in held.log_events(), "the signal is not heard")
            later = publish(held, 12)
            assert process.poll() is None
            go_on.set()
            assert process.wait(60) == 0
        events = held.log_events()
        assert "transaction_sent" in events[events.index("relayer_stopping") :]
        assert events[-1] == "relayer_stopped"
        jobs = json.loads(held.command("txs", "list", "--json").stdout)["jobs"]
        sent = {job["statement_id"] for job in jobs if job["chain"] == "home" and job["transaction"]}
        assert sent == {first.inference.statement_id}
        assert later.inference.statement_id not in {job["statement_id"] for job in jobs}

        go_on.clear()
        with ended(launch(held)) as process:
            wait_until(lambda: proxy.asked[SEND] >= 2, "nothing is sent")
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: held.log_events().count("relayer_stopping") == 2, "the signal is not heard")
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == -signal.SIGTERM

        # what does not end within the time of grace is broken off, and goes on after the next start
        hasty = replace(held, more=held.more.replace("stop_grace_seconds = 60", "stop_grace_seconds = 0.1"))
        hasty.write_settings()
        asked = proxy.asked[SEND]
        with ended(launch(hasty)) as process:
            wait_until(lambda: proxy.asked[SEND] > asked, "nothing is sent")
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
        assert held.log_events()[-1] == "relayer_stopped"

        go_on.set()
        with ended(start(held)) as process:
            wait_until(lambda: all_settled(held, first, later), "jobs do not settle")
            assert held.ask("/v1/status")["jobs"]["home"]["finalized"] == 2
            stop(process)
    assert len(operation.home.sent_by(operation.address)) == before + 2
