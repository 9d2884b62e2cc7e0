"""Prometheus reads a running miner: every family has values, and they move with what happens."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from neurons.miner.meters import FAMILIES
from neurons.network import LocalNetwork, Role
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError
from tests.integration.neuron_processes.test_miner_kills import descendants
from tests.integration.neurons.parts import eventually
from tests.integration.neurons.subnet import VALIDATOR, Subnet
from veristake.demo.processes import free_port

Samples = dict[tuple[str, ...], float]


def test_metrics_of_a_live_miner_are_all_set_and_move(subnet: Subnet) -> None:
    port = free_port()
    config = subnet.write_settings("miner")
    config.write_text(config.read_text() + f"[metrics]\nport = {port}\n")
    LocalNetwork(subnet.folder / "network.json").register(VALIDATOR.ss58_address, Role.VALIDATOR)
    miner = subnet.start("miner", config)

    def ask(circuit_id: str) -> Any:
        fields = {
            "nonce": "0x" + secrets.token_hex(32),
            "circuit_id": circuit_id,
            "inputs": [1] * 32,
            "deadline_seconds": 60,
        }

        async def go() -> Any:
            async with SignedClient(VALIDATOR, miner.url, subnet.hotkeys["miner"], 60) as client:
                return await client.post_json("/v1/queries", fields)

        return asyncio.run(go())

    def scraped() -> dict[str, Samples]:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        return {
            sample.name: {
                **{tuple(s.labels.values()): s.value for s in family.samples if s.name == sample.name},
            }
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    ask(subnet.circuit.manifest.circuit_id)
    with pytest.raises(PeerRefusedError):
        ask("0x" + "00" * 32)
    httpx.get(miner.url + "/v1/capabilities", trust_env=False)
    bundle_file = f"/v1/artefacts/{subnet.circuit.manifest.onnx_hash}"
    httpx.get(miner.url + bundle_file, trust_env=False)
    eventually(lambda: scraped()["veristake_miner_artefact_sent_bytes_total"][()] > 0)

    found = scraped()
    for family in FAMILIES:
        name = family.name + ("_count" if family.kind == "histogram" else "")
        # label values stand at 0 from the beginning: what moves each is asserted by name, below
        assert found.get(name), f"{family.name} has no values"
    requests = found["veristake_miner_http_requests_total"]
    assert requests["queries", "200"] == 1
    assert requests["queries", "404"] == 1
    assert requests["capabilities", "401"] == 1
    assert requests["artefacts", "200"] == 1
    assert found["veristake_miner_refusals_total"]["circuit_not_held",] == 1
    assert found["veristake_miner_proof_seconds_count"]["query",] == 1
    assert found["veristake_miner_proof_seconds_sum"]["query",] > 0
    assert found["veristake_miner_proof_memory_bytes"][()] > 20e6
    assert found["veristake_miner_workers"][()] == 1
    assert found["veristake_miner_circuits"][()] == 1
    assert found["veristake_miner_queue_limit"][()] == 4
    assert found["veristake_miner_up_since_timestamp_seconds"][()] > 1.6e9
    assert gauges(found) == {"proving": 0, "waiting": 0, "workers_replaced_total": 0}
    assert found["veristake_miner_expected_wait_seconds"][()] == 0

    (worker,) = (pid for pid in descendants(miner.process.pid) if b"spawn_main" in cmdline(pid))
    os.kill(worker, signal.SIGSTOP)
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(ask, subnet.circuit.manifest.circuit_id) for _ in range(2)]
        try:
            eventually(lambda: gauges(scraped()) == {"proving": 1, "waiting": 1, "workers_replaced_total": 0})
        finally:
            os.kill(worker, signal.SIGKILL)
        assert [answer.result()["prover"] for answer in asked] == [subnet.hotkeys["miner"]] * 2
    eventually(lambda: gauges(scraped()) == {"proving": 0, "waiting": 0, "workers_replaced_total": 1})
    assert scraped()["veristake_miner_proof_seconds_count"]["query",] == 3
    assert miner.stop() == 0


def gauges(found: dict[str, Samples]) -> dict[str, float]:
    return {name: found[f"veristake_miner_{name}"][()] for name in ("proving", "waiting", "workers_replaced_total")}


def cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
