"""Answers requests: finds the circuit, gets or checks the inputs, has the run proved."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from neurons.home_chain import HomeChain, InputsUnavailableError, Reading
from neurons.messages import (
    Capabilities,
    CircuitCapability,
    CompetitionEntry,
    CompetitionRequest,
    InputRequest,
    ObservationRequest,
    RefusalCode,
)
from neurons.miner.competing import Competitions
from neurons.miner.fair_order import RequestKind
from neurons.miner.holdings import HeldCircuits
from neurons.miner.places import Places
from neurons.miner.proving import Inputs, ProofTask, Prover
from neurons.refusing import RefusedError
from statements.errors import ChainError
from statements.instances import InstanceLayout
from statements.proven_inference import ProvenInference
from statements.proven_run import ProvenRun
from statements.quantities import to_field
from verifier_gen.circuit import Circuit
from verifier_gen.prover import Proof

_log = structlog.get_logger(__name__)
Departure = Coroutine[Any, Any, None]


class MinerService:
    """What a miner does, apart from HTTP.

    Args:
        chain: the home chain.
        held: circuits.
        prover: makes the proofs.
        places: of the requests that wait.
        competitions: in which this miner takes part.
    """

    def __init__(
        self,
        *,
        chain: HomeChain,
        held: HeldCircuits,
        prover: Prover,
        places: Places,
        competitions: Competitions | None = None,
    ) -> None:
        self.hotkey = prover.hotkey
        self._chain, self._held, self._prover, self._places = chain, held, prover, places
        self._competitions = competitions or Competitions()

    def capabilities(self) -> Capabilities:
        """What this miner can do now."""
        queue = self._places.queue
        circuits = tuple(
            CircuitCapability(
                circuit_id=circuit.manifest.circuit_id,
                model_name=circuit.manifest.model_name,
                seconds_per_proof=queue.durations.seconds(circuit.manifest.circuit_id),
            )
            for circuit in self._held.usable()
        )
        return Capabilities(
            circuits=circuits,
            workers=queue.workers,
            queue_limit=queue.limit,
            queue_length=queue.waiting,
            expected_wait_seconds=self._places.expected_wait(),
            competitions=self._competitions.ids,
        )

    def enter(self, request: CompetitionRequest) -> CompetitionEntry:
        """The circuit that this miner enters.

        Raises:
            RefusedError: it takes no part in this competition.
        """
        return self._competitions.entry(request)

    async def answer(
        self, request: ObservationRequest, caller: str, departure: Departure | None = None
    ) -> ProvenInference:
        """Prove the score of an observation.

        Args:
            request: what to prove.
            caller: ss58 hotkey that asks.
            departure: ends when the caller has left.

        Raises:
            RefusedError: it cannot be proved, or not in time.
        """
        try:
            circuit = self._circuit_of_subject(request)
        except RefusedError:
            _close(departure)
            raise

        async def inputs() -> Inputs:
            return (await self._read(circuit, request)).inputs

        task = ProofTask.of(request, circuit, RequestKind.OBSERVATION, caller)
        run = self._run_of(task, await self._prover.prove(task, inputs, departure))
        return ProvenInference(**dict(run), subject=request.subject)

    async def run(
        self, request: InputRequest, kind: RequestKind, caller: str, departure: Departure | None = None
    ) -> ProvenRun:
        """Prove a circuit's outputs for the inputs of the request.

        Args:
            request: what to prove.
            kind: query or benchmark.
            caller: ss58 hotkey that asks.
            departure: ends when the caller has left.

        Raises:
            RefusedError: it cannot be proved, or not in time.
        """
        try:
            circuit = self._held.find(request.circuit_id)
            require_inputs(request.inputs, circuit.manifest.layout)
        except RefusedError:
            _close(departure)
            raise

        async def inputs() -> Inputs:
            return request.inputs

        task = ProofTask.of(request, circuit, kind, caller)
        return self._run_of(task, await self._prover.prove(task, inputs, departure))

    def _circuit_of_subject(self, request: ObservationRequest) -> Circuit:
        circuit = self._held.find(request.circuit_id)
        subject, home = request.subject, self._chain.settings
        if (subject.home_chain_id, subject.observer) != (home.chain_id, home.observer):
            raise RefusedError(
                RefusalCode.WRONG_HOME,
                f"subject is of chain {subject.home_chain_id}, observer {subject.observer}; "
                f"this miner reads chain {home.chain_id}, observer {home.observer}",
            )
        if subject.model_id != circuit.manifest.model_id:
            raise RefusedError(
                RefusalCode.WRONG_MODEL, f"circuit {request.circuit_id} is of another model than {subject.model_id}"
            )
        return circuit

    async def _read(self, circuit: Circuit, request: ObservationRequest) -> Reading:
        subject = request.subject
        try:
            reading = await asyncio.to_thread(self._chain.read, subject.asset, subject.epoch)
            reading.require_scale(circuit.manifest.layout.input_scale_bits)
        except InputsUnavailableError as error:
            raise RefusedError(RefusalCode.INPUTS_UNAVAILABLE, error.message) from error
        except ChainError as error:
            _log.error("chain_unavailable", reason=error.message)
            raise RefusedError(RefusalCode.CHAIN_UNAVAILABLE, "the miner cannot read its chain") from error
        if reading.config_version != subject.config_version:
            raise RefusedError(
                RefusalCode.WRONG_CONFIG_VERSION,
                f"config version is {reading.config_version}, asked was {subject.config_version}",
            )
        return reading

    def _run_of(self, task: ProofTask, proof: Proof) -> ProvenRun:
        circuit_id = task.circuit.manifest.circuit_id
        _log.info(
            "proof_made",
            kind=task.kind,
            circuit_id=circuit_id,
            validator=task.caller,
            seconds=round(proof.seconds, 3),
            proof_bytes=len(proof.proof),
        )
        return ProvenRun(
            circuit_id=circuit_id,
            instances=proof.instances,
            proof="0x" + proof.proof.hex(),
            prover=self.hotkey,
            prove_seconds=proof.seconds,
        )


def require_inputs(inputs: Inputs, layout: InstanceLayout) -> None:
    """Refuse inputs that cannot be a run's, before they cost anything.

    Raises:
        RefusedError: there are too many or too few, or one does not fit the field.
    """
    if len(inputs) != layout.input_count:
        raise RefusedError(
            RefusalCode.WRONG_INPUT_COUNT, f"{len(inputs)} inputs given, the circuit takes {layout.input_count}"
        )
    for position, value in enumerate(inputs):
        try:
            to_field(value)
        except ValueError as error:
            raise RefusedError(RefusalCode.INPUT_OUT_OF_RANGE, f"input {position}: {error}") from error


def _close(departure: Departure | None) -> None:
    if departure is not None:
        departure.close()
