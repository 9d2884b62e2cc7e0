"""Prometheus reads a running miner: every family has values, and they move with what happens."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from neurons.miner.meters import FAMILIES
from neurons.network import LocalNetwork, Role
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError
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
        fields = {"nonce": "0x" + "66" * 32, "circuit_id": circuit_id, "inputs": [1] * 32, "deadline_seconds": 60}

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
    assert found["veristake_miner_workers_replaced_total"][()] == 0
    assert miner.stop() == 0
