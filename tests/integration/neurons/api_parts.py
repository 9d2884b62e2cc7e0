"""The external API over real HTTP, with a runner in this process that really proves and verifies."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from bittensor.keyfiles import Keypair
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from neurons.network import LocalNetwork, Role
from neurons.settings import HttpSettings
from neurons.validator.api.access import Registrar
from neurons.validator.api.access_keys import AccessKeyStore, Limits
from neurons.validator.api.app import ApiParts, api_app, with_door
from neurons.validator.api.messages import MinerView
from neurons.validator.api.queries import Queries, QueryTerms
from neurons.validator.api.query_store import QueryStore
from neurons.validator.api.settings import ApiSettings
from neurons.validator.blame import Blame
from neurons.validator.queries import KeepAnswer, QueryAnswer, QueryAttempt
from neurons.validator.store import ValidatorStore, open_store
from statements.proven_run import ProvenRun
from statements.request_tag import request_tag
from tests.integration.neurons.parts import serving
from tests.integration.neurons.subnet import MINER, VALIDATOR
from tests.openapi import Document
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

CUSTOMER = Keypair.create_from_uri("//Customer")
_HTTP = httpx.Client(trust_env=False, timeout=60)
GENEROUS = Limits(requests_per_second=10_000, request_burst=10_000, queries_per_hour=100_000)


@dataclass
class ProvingRunner:
    """In place of miners: proves as one would, and verifies as the validator does."""

    circuit: Circuit
    pool: ProverPool
    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[int, ...]] = field(default_factory=list)
    failure: Exception | None = None
    proves_instead: tuple[int, ...] | None = None
    engine: Engine | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    def circuits(self) -> tuple[Circuit, ...]:
        return (self.circuit,)

    async def run(
        self, circuit_id: str, inputs: tuple[int, ...], deadline_seconds: float, keep: KeepAnswer | None = None
    ) -> QueryAnswer:
        self.asked.append(inputs)
        while not self.gate.is_set():
            await asyncio.sleep(0.01)
        if self.failure is not None:
            raise self.failure
        answer = await proven(self.circuit, self.pool, self.proves_instead or inputs)
        if keep is not None:
            with Session(self.engine) as session, session.begin():
                keep(session, answer)
        return answer


async def proven(
    circuit: Circuit, pool: ProverPool, inputs: tuple[int, ...], nonce: bytes | None = None
) -> QueryAnswer:
    started, manifest = time.monotonic(), circuit.manifest
    nonce = nonce or secrets.token_bytes(32)
    tag = request_tag(
        nonce=nonce,
        validator=VALIDATOR.ss58_address,
        miner=MINER.ss58_address,
        circuit_id=manifest.circuit_id,
        inputs=inputs,
        bits=manifest.layout.tag_bits,
    )
    proof = await pool.prove(circuit.directory, inputs, tag)
    assert await pool.verify(circuit.directory, proof.instances, proof.proof)
    run = ProvenRun(
        circuit_id=manifest.circuit_id,
        instances=proof.instances,
        proof="0x" + proof.proof.hex(),
        prover=MINER.ss58_address,
        prove_seconds=proof.seconds,
    )
    seconds = time.monotonic() - started
    return QueryAnswer(
        run=run,
        nonce=nonce,
        tag=tag,
        outputs=run.instances.outputs,
        miner=MINER.ss58_address,
        endpoint="http://miner",
        seconds=seconds,
        attempts=(QueryAttempt(MINER.ss58_address, "http://miner", None, Blame.NOBODY, seconds),),
    )


@dataclass
class Api:
    """A validator's API over HTTP, and its inside."""

    url: str
    key: str
    parts: ApiParts
    runner: ProvingRunner
    document: Document

    def ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Ask with the key unless other headers are given, and hold the answer against the document."""
        headers = {"Authorization": f"Bearer {self.key}", **arguments.pop("headers", {})}
        answer = _HTTP.request(method, self.url + path, headers=headers, **arguments)
        self.document.check(answer)
        return answer

    def query(self, body: dict[str, Any] | None = None, **arguments: Any) -> httpx.Response:
        content = {"circuit_id": self.circuit_id, "values": [0.25] * 32, **(body or {})}
        return self.ask("POST", "/v1/queries", json={k: v for k, v in content.items() if v is not None}, **arguments)

    @property
    def circuit_id(self) -> str:
        return self.runner.circuit.manifest.circuit_id


@dataclass
class ApiBench:
    """State and runner that outlive a server, so that one can be stopped and another started."""

    folder: Path
    state_url: str
    runner: ProvingRunner
    terms: QueryTerms = field(default_factory=QueryTerms)
    settings: ApiSettings = field(default_factory=lambda: ApiSettings(port=0))
    limits: Limits = GENEROUS

    def __post_init__(self) -> None:
        self.store: ValidatorStore = open_store(self.state_url, VALIDATOR.ss58_address)
        self.network = LocalNetwork(self.folder / "network.json")
        self.network.register(MINER.ss58_address, Role.MINER)
        self.runner.engine = self.store.engine
        self.http = HttpSettings(replay_memory=self.folder / "replay.sqlite")
        self.keys = AccessKeyStore(self.store.engine)
        self.key = self.keys.create("tests", self.limits)[1] or ""

    def parts(self) -> ApiParts:
        stored = QueryStore(self.store.engine)
        return ApiParts(
            queries=Queries(self.runner, stored, VALIDATOR.ss58_address, self.terms),
            stored=stored,
            feed=self.store,
            miners=lambda: (MinerView(uid=0, hotkey=MINER.ss58_address, score=0.5),),
            keys=self.keys,
            registrar=Registrar(self.keys, self.network, ()),
        )

    @contextmanager
    def serving(self) -> Iterator[Api]:
        parts = self.parts()
        app: FastAPI = api_app(VALIDATOR.ss58_address, parts, self.settings)
        with serving(with_door(app, parts, VALIDATOR, self.http)) as url:
            yield Api(url, self.key, parts, self.runner, Document(app.openapi()))
