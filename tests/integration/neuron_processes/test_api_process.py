"""The external API of real processes: a validator that is killed while miners are asked loses no query."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.neurons.parts import PROJECT, eventually
from tests.integration.neurons.subnet import Subnet
from veristake import Client, PinnedCircuit
from veristake.demo.processes import free_port


class Customer:
    """Somebody with a key, who asks over HTTP."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key

    def ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.request(method, self.url + path, headers=headers, trust_env=False, timeout=60, **arguments)

    def miners(self) -> list[tuple[str, list[str]]] | None:
        """Hotkeys and circuits of the miners that the API knows; None before it answers."""
        try:
            miners = self.ask("GET", "/v1/miners").json()["miners"]
        except httpx.HTTPError:
            return None
        return [(miner["hotkey"], miner["circuits"]) for miner in miners]


@pytest.fixture
def customer(subnet: Subnet) -> Customer:
    port = free_port()
    subnet.more_settings["validator"] = f"[api]\nport = {port}\n"
    config = subnet.write_settings("validator")
    command = [sys.executable, "-m", "veristake", "validator", "keys", "new", "--name", "customer", "--json"]
    made = subprocess.run([*command, "--config", str(config)], capture_output=True, text=True, cwd=PROJECT, check=True)
    return Customer(f"http://127.0.0.1:{port}", json.loads(made.stdout)["key"])


def test_query_survives_a_kill_between_asked_and_answered_and_is_verified_by_the_customer(
    subnet: Subnet, customer: Customer, tmp_path: Path
) -> None:
    circuit_id = subnet.circuit.manifest.circuit_id
    miner, validator = subnet.start("miner"), subnet.start("validator")
    eventually(lambda: customer.miners() == [(subnet.hotkeys["miner"], [circuit_id])])
    # the miner is there and says nothing: the query stays asked
    miner.process.send_signal(signal.SIGSTOP)
    body = {"circuit_id": circuit_id, "inputs": [7] * 32, "deadline_seconds": 600.0, "idempotency_key": "one"}
    path = customer.ask("POST", "/v1/queries", json={**body, "respond_async": True}).headers["Location"]
    eventually(lambda: customer.ask("GET", path).json()["state"] == "asked")
    validator.kill()
    miner.process.send_signal(signal.SIGCONT)
    subnet.start("validator")
    eventually(lambda: customer.miners() is not None)

    pinned = PinnedCircuit.read(subnet.circuit.directory)
    with Client(customer.url, customer.key, pinned, validator=subnet.hotkeys["validator"], cache=tmp_path) as client:
        answer = client.query(inputs=[7] * 32, deadline_seconds=600.0, idempotency_key="one")
    stored = customer.ask("GET", path).json()
    assert path.endswith(answer.query_id)
    assert (stored["state"], stored["times_asked"]) == ("answered", 2)
    assert answer.result.model_dump(mode="json") == stored["result"]
    assert answer.miner == subnet.hotkeys["miner"]
    metrics = httpx.get(f"http://127.0.0.1:{subnet.metrics_port}/metrics", trust_env=False).text
    assert 'veristake_validator_api_queries{state="answered"} 1.0' in metrics
    assert 'veristake_validator_api_query_seconds_count{state="answered"} 1.0' in metrics
    assert 'veristake_validator_api_answers_total{route="/v1/queries/{query_id}",status="200"}' in metrics
    again = customer.ask("POST", "/v1/queries", json=body)
    assert (again.status_code, again.json()) == (200, stored)


def test_stop_while_a_query_waits_tells_the_customer_where_its_answer_will_be(
    subnet: Subnet, customer: Customer
) -> None:
    miner, validator = subnet.start("miner"), subnet.start("validator")
    eventually(lambda: customer.miners() == [(subnet.hotkeys["miner"], [subnet.circuit.manifest.circuit_id])])
    miner.process.send_signal(signal.SIGSTOP)
    body = {"circuit_id": subnet.circuit.manifest.circuit_id, "inputs": [7] * 32, "deadline_seconds": 600.0}
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(customer.ask, "POST", "/v1/queries", json={**body, "idempotency_key": "one"})
        asked = {**body, "idempotency_key": "one", "respond_async": True}
        eventually(lambda: customer.ask("POST", "/v1/queries", json=asked).json()["state"] == "asked")
        assert validator.stop() == 0
        answer = waiting.result()
    assert (answer.status_code, answer.json()["state"]) == (202, "asked")
