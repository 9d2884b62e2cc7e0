"""Miner and validator as real processes: what they publish, what a kill costs, what their doctors find."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from eth_account import Account
from eth_account.messages import encode_typed_data
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from neurons import commands
from neurons.home_chain import HomeChain
from neurons.miner.doctor import examine_miner
from neurons.miner.settings import MinerSettings
from neurons.network import LocalNetwork, Role
from neurons.serving import bind, serve, url_of
from neurons.settings import ListenSettings, load_settings
from neurons.validator.doctor import examine_validator
from neurons.validator.metrics import EVENTS_FAMILY, FAMILIES
from neurons.validator.run import open_asked_circuit
from neurons.validator.settings import ValidatorSettings
from signed_http.server import SignedRequests
from statements.errors import ChainError, ConfigurationError
from statements.publication import PublicationPage
from tests.integration.neurons.parts import (
    SYMBOLS,
    Home,
    NeuronProcess,
    eventually,
)
from tests.integration.neurons.subnet import (
    MINER,
    Subnet,
    read_feed,
)
from verifier_gen.pool import ProverPool
from veristake.demo.processes import free_port


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

    validator.kill()
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

    _assert_every_metric_is_set(subnet)
    _assert_explained(subnet)
    assert [validator.stop(), miner.stop()] == [0, 0]
    assert len(subnet.events("miner", "proof_made")) == 4
    published = subnet.events("validator", "inference_published")
    assert [event["cursor"] for event in published] == [1, 2, 3, 4]
    assert subnet.events("validator", "answer_refused") == []


def _assert_every_metric_is_set(subnet: Subnet) -> None:
    """Scrape the validator as Prometheus does."""

    def scraped() -> dict[tuple[str, ...], float]:
        text = httpx.get(f"http://127.0.0.1:{subnet.metrics_port}/metrics", trust_env=False).text
        return {
            (sample.name.removeprefix("veristake_validator_"), *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    eventually(lambda: scraped()["miners", "reachable"] == 1)
    found = scraped()
    names = {name for name, *_ in found}
    for family in (*FAMILIES, EVENTS_FAMILY):
        name = family.name.removeprefix("veristake_validator_")
        assert name in names or f"{name}_count" in names, f"{family.name} is never set"
    # the process was started anew after the first two
    assert found["requests_total", "observation", "verified"] == found["publications_total",] == 2
    assert found["response_seconds_count", "observation"] == found["verify_seconds_count",] == 2
    assert found["response_seconds_sum", "observation"] > 0
    assert found["timeout_seconds", subnet.circuit.manifest.name] == 60
    assert found["events_total", "inference_published", "info"] == 2
    assert found["scored_miners",] == 1
    assert 0 < found["score_sum",] <= 1
    assert found["up_since_timestamp_seconds",] > 0
    assert {name for name, *labels in found if "other" in labels} <= {"events_total"}


def _assert_explained(subnet: Subnet) -> None:
    config = str(subnet.folder / "validator.toml")
    told = CliRunner().invoke(commands.validator, ["explain", subnet.hotkeys["miner"], "--config", config])
    assert told.exit_code == 0, told.output
    assert "score + 0.1 x (target - score)" in told.output
    assert "100.00% of the weights if they were set now" in told.output
    uid = json.loads(_json_of("explain", subnet.hotkeys["miner"], "--config", config))["uid"]
    by_uid = json.loads(_json_of("explain", str(uid), "--config", config))
    assert [change["kind"] for change in by_uid["changes"]] == ["observation"] * 4
    assert len(by_uid["outcomes"]) == 4
    weights = json.loads(_json_of("weights", "show", "--config", config))
    assert weights["weights"] == {str(uid): 1.0}


def _json_of(*arguments: str) -> str:
    told = CliRunner().invoke(commands.validator, [*arguments, "--json"])
    assert told.exit_code == 0, told.output
    return told.output


def _page_of(validator: NeuronProcess, hotkey: str, count: int) -> PublicationPage:
    def full() -> PublicationPage | None:
        page = read_feed(validator.url, hotkey)
        return page if len(page.items) >= count else None

    page = eventually(full)
    assert page is not None
    return page


def files_in(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_doctor_finds_what_is_there_and_what_is_missing(subnet: Subnet) -> None:
    config = subnet.write_settings("validator")
    miner = load_settings(MinerSettings, subnet.write_settings("miner"))
    there = files_in(subnet.folder)
    findings = {finding.name: finding for finding in examine_validator(load_settings(ValidatorSettings, config))}
    assert [name for name, finding in findings.items() if not finding.ok] == ["miners"]
    assert subnet.attester.address in findings["attestation"].detail
    assert all(finding.ok for finding in examine_miner(miner))
    assert files_in(subnet.folder) == there
    LocalNetwork(subnet.folder / "network.json").register(subnet.hotkeys["miner"], Role.VALIDATOR)
    unreachable = miner.chain.model_copy(update={"endpoint": f"http://127.0.0.1:{free_port()}"})
    broken = miner.model_copy(update={"circuits": (subnet.folder,), "chain": unreachable})
    with socket.socket() as taken:
        taken.bind((miner.listen.host, miner.listen.port))
        taken.listen()
        failed = [finding for finding in examine_miner(broken) if not finding.ok]
    assert [finding.name for finding in failed] == ["network", "port", "chain", "circuits"]
    assert all(finding.remedy for finding in failed)
    assert failed[2].detail == f"chain.endpoint {unreachable.endpoint} does not answer: connection refused"


def test_open_asked_circuit_other_model_is_named(subnet: Subnet) -> None:
    settings = load_settings(ValidatorSettings, subnet.write_settings("validator"))
    with pytest.raises(ConfigurationError, match="is of model veristake/tiny-linear/1"):
        open_asked_circuit(settings.model_copy(update={"model": "veristake/other/1"}))


def test_serve_work_that_fails_stops_the_server_and_is_raised() -> None:
    listen = ListenSettings(port=0)
    listener = bind(listen)
    assert url_of(listen, listener).endswith(f":{listener.getsockname()[1]}")
    assert url_of(ListenSettings(port=1, external_url="https://x"), listener) == "https://x"

    async def fail() -> None:
        raise ChainError("gone")

    app = SignedRequests(FastAPI(), MINER)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        with pytest.raises(ChainError, match="gone"):
            asyncio.run(serve(app, listener, fail))
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), handlers, strict=True):
            signal.signal(number, handler)
