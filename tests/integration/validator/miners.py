"""Small miners that prove with the tiny circuit, over real HTTP, and the parts of a validator that asks them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bittensor.keyfiles import Keypair
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse

from neurons.messages import (
    Capabilities,
    CircuitCapability,
    CompetitionEntry,
    CompetitionRequest,
    InputRequest,
)
from neurons.network import LocalNetwork, Role
from neurons.validator.assembly import Workings
from neurons.validator.rules import ScoringRule
from neurons.validator.store import ValidatorStore
from neurons.validator.timeouts import TimeoutRule
from signed_http.refusal import Fault, Refusal
from signed_http.server import SignedRequests, caller_hotkey
from statements.proven_run import ProvenRun
from statements.request_tag import request_tag
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

VALIDATOR = Keypair.create_from_uri("//Validator")
FIRST, SECOND, THIRD = (Keypair.create_from_uri(f"//Miner{number}") for number in range(3))


@dataclass
class SmallMiner:
    """A miner that answers queries and benchmarks.

    Attributes:
        keypair: signs its answers.
        circuit: that it proves.
        pool: proves.
        alter: makes of the honest answer what is sent; the honest answer by default.
        refusal: sent in place of any answer.
        refusals: sent one after the other in place of the first answers.
        seconds: that it waits before it proves.
        workers: that it claims.
        circuits: ids that it claims to hold; its circuit's by default.
        competes: whether it takes part in the competition "staking".
        entered: circuit that it enters there; its own by default.
        bundle: of that circuit.
        sources: where the bundle can be fetched.
    """

    keypair: Any
    circuit: Circuit
    pool: ProverPool
    alter: Callable[[ProvenRun], Any] = field(default=lambda run: run)
    refusal: Fault | None = None
    refusals: list[Fault] = field(default_factory=list)
    seconds: float = 0.0
    workers: int = 1
    circuits: tuple[str, ...] | None = None
    competes: bool = False
    entered: str | None = None
    bundle: str = "0x" + "00" * 32
    sources: tuple[str, ...] = ()
    asked: list[InputRequest] = field(default_factory=list)

    def app(self) -> Any:
        app = FastAPI()
        app.get("/v1/capabilities")(self.capabilities)
        app.post("/v1/queries", response_model=None)(self.answer)
        app.post("/v1/benchmarks", response_model=None)(self.answer)
        app.post("/v1/competitions")(self.enter)
        return SignedRequests(app, self.keypair)

    def capabilities(self) -> Capabilities:
        ids = (self.circuit.manifest.circuit_id,) if self.circuits is None else self.circuits
        held = tuple(CircuitCapability(circuit_id=circuit_id, model_name="tiny") for circuit_id in ids)
        taking_part = ("staking",) if self.competes else ()
        return Capabilities(
            circuits=held, workers=self.workers, queue_limit=4, queue_length=0, competitions=taking_part
        )

    def enter(self, request: CompetitionRequest) -> CompetitionEntry:
        return CompetitionEntry(
            competition_id=request.competition_id,
            nonce=request.nonce,
            circuit_id=self.entered or self.circuit.manifest.circuit_id,
            bundle=self.bundle,
            sources=self.sources,
        )

    async def answer(self, request: InputRequest, validator: str = Depends(caller_hotkey)) -> Any:
        self.asked.append(request)
        fault = self.refusals.pop(0) if self.refusals else self.refusal
        if fault is not None:
            refusal = Refusal(code="queue_full", message="not now", fault=fault)
            return JSONResponse(refusal.model_dump(mode="json"), status_code=503)
        await asyncio.sleep(self.seconds)
        return self.alter(await self.prove(request, validator))

    async def prove(self, request: InputRequest, validator: str) -> ProvenRun:
        layout = self.circuit.manifest.layout
        tag = request_tag(
            nonce=request.nonce_bytes,
            validator=validator,
            miner=self.keypair.ss58_address,
            circuit_id=request.circuit_id,
            inputs=request.inputs,
            bits=layout.tag_bits,
        )
        proof = await self.pool.prove(self.circuit.directory, request.inputs, tag)
        return ProvenRun(
            circuit_id=request.circuit_id,
            instances=proof.instances,
            proof="0x" + proof.proof.hex(),
            prover=self.keypair.ss58_address,
            prove_seconds=proof.seconds,
        )


@dataclass
class Bench:
    """A validator's parts without its process, and a place for miners."""

    circuit: Circuit
    pool: ProverPool
    network: LocalNetwork
    store: ValidatorStore

    def workings(self, timeout: float = 30, **rule: Any) -> Workings:
        return Workings.build(
            keypair=VALIDATOR,
            circuits={self.circuit.manifest.circuit_id: self.circuit},
            store=self.store,
            network=self.network,
            pool=self.pool,
            rule=ScoringRule(timeouts=TimeoutRule(floor=min(5.0, timeout), ceiling=timeout), **rule),
        )

    def miner(self, keypair: Any, **fields: Any) -> SmallMiner:
        return SmallMiner(keypair, self.circuit, self.pool, **fields)

    def announce(self, keypair: Any, url: str) -> None:
        self.network.register(keypair.ss58_address, Role.MINER)
        self.network.serve(keypair.ss58_address, url)


def inputs_of(circuit: Circuit) -> tuple[int, ...]:
    """Inputs that the circuit takes."""
    return tuple(range(-5, circuit.manifest.layout.input_count - 5))
