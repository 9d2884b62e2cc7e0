"""Customers' queries through the external API, while validator and miners are killed at random and started again."""

import json
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from click.testing import CliRunner
from eth_account import Account

from neurons.commands import validator
from tests.integration.neurons.parts import Home
from tests.integration.neurons.subnet import Subnet
from verifier_gen.circuit import Circuit
from veristake.demo.processes import free_port

MINERS = ("one", "two")
CUSTOMERS = 6
DEADLINE_SECONDS = 900.0
SETTINGS = """
[timeouts]
floor_seconds = 10
[api]
port = {port}
"""


@dataclass(frozen=True)
class Outcome:
    """What became of the requests.

    Attributes:
        requests: how many were made.
        lost: of those, how many have no verified answer.
        double_scored: scores that rose for anything but the one answer that a customer got or that was published.
        kills: how often a process was killed.
    """

    requests: int
    lost: int
    double_scored: int
    kills: int


def work_through(home: Home, circuit: Circuit, folder: Path, *, requests: int, kills: int, seed: int) -> Outcome:
    """Ask ``requests`` queries of a subnet of two miners, of which a process is killed ``kills`` times.

    Args:
        home: chain of the observer.
        circuit: that is asked for.
        folder: for all files.
        requests: how many.
        kills: how many.
        seed: of moments, victims and inputs.
    """
    port = free_port()
    subnet = Subnet(folder, home, circuit, Account.create(), {}, MINERS)
    subnet.benchmarks = "interval_seconds = 20\nsurvey_seconds = 2"
    subnet.more_settings["validator"] = SETTINGS.format(port=port)
    try:
        for role in (*MINERS, "validator"):
            subnet.start(role)
        customer = Customer(f"http://127.0.0.1:{port}", _key(subnet), circuit, random.Random(seed))
        moments = sorted(random.Random(seed).sample(range(requests - CUSTOMERS), kills))
        with _killing(subnet, customer, moments, seed) as done, ThreadPoolExecutor(CUSTOMERS) as pool:
            states = list(pool.map(customer.ask, range(requests)))
        subnet.running[-1].stop()
    finally:
        for process in subnet.running:
            process.clean_up()
    lost = sum(state != "answered" for state in states)
    return Outcome(requests, lost, _double_scored(folder / "validator.sqlite"), len(done))


@dataclass
class Customer:
    """Asks, and asks again with the same key until there is an answer.

    Attributes:
        url: of the API.
        key: that lets in.
        circuit: what to ask for.
        randomness: draws the inputs.
        ended: how many queries have.
    """

    url: str
    key: str
    circuit: Circuit
    randomness: random.Random
    ended: int = 0

    def ask(self, number: int) -> str:
        """State in which a query has ended."""
        manifest = self.circuit.manifest
        one = 1 << manifest.layout.input_scale_bits
        body = {
            "circuit_id": manifest.circuit_id,
            "inputs": [self.randomness.randint(-one, one) for _ in range(manifest.layout.input_count)],
            "deadline_seconds": DEADLINE_SECONDS,
            "idempotency_key": f"request-{number}",
            "respond_async": True,
        }
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            state = self._state(body)
            if state in ("answered", "failed", "expired"):
                self.ended += 1
                return state
            time.sleep(0.3)
        self.ended += 1
        return "unanswered"

    def _state(self, body: dict[str, object]) -> str:
        try:
            answer = httpx.post(
                f"{self.url}/v1/queries", json=body, headers={"Authorization": f"Bearer {self.key}"}, timeout=30
            )
        except httpx.HTTPError:
            return "unreachable"
        return str(answer.json().get("state")) if answer.is_success else f"refused {answer.status_code}"


def _key(subnet: Subnet) -> str:
    limits = ["--requests-per-second", "1000", "--burst", "10000", "--queries-per-hour", "100000"]
    config = ["--config", str(subnet.folder / "validator.toml"), "--json"]
    told = CliRunner().invoke(validator, ["keys", "new", "--name", "customer", *limits, *config])
    assert told.exit_code == 0, told.output
    return str(json.loads(told.stdout)["key"])


@contextmanager
def _killing(subnet: Subnet, customer: Customer, moments: Sequence[int], seed: int) -> Iterator[list[str]]:
    """Kills a process each time so many queries have ended, while others are under way; gives who was killed."""
    over, done, randomness = threading.Event(), list[str](), random.Random(seed)
    running = dict(zip((*MINERS, "validator"), subnet.running, strict=True))

    def kill() -> None:
        for moment in moments:
            while customer.ended < moment and not over.wait(0.02):
                pass
            time.sleep(randomness.uniform(0.0, 1.0))
            role = randomness.choice(["validator", *MINERS])
            running[role].clean_up()
            done.append(role)
            running[role] = subnet.start(role)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield done
    finally:
        over.set()
        killer.join()


def _double_scored(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        results = connection.execute("SELECT result FROM api_queries WHERE state = 'answered'")
        answered = {json.loads(result)["nonce"] for (result,) in results}
        rises = connection.execute("SELECT kind, nonce, statement_id FROM score_changes WHERE reason = 'verified'")
        queries, statements = [], []
        for kind, nonce, statement_id in rises:
            if kind == "query":
                queries.append(nonce)
            elif kind == "observation":
                statements.append(statement_id)
        unanswered = sum(nonce not in answered for nonce in queries)
        return unanswered + len(queries) - len(set(queries)) + len(statements) - len(set(statements))
