"""Answers one request: reads the chain, computes the features, proves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from neurons.home_chain import HomeChain, InputsUnavailableError, Reading
from neurons.messages import Capabilities, CircuitCapability, ObservationRequest, RefusalCode
from neurons.miner.queue import ProvingQueue
from neurons.refusing import RefusedError
from statements.errors import ChainError, CircuitError
from statements.proven_inference import ProvenInference
from statements.request_tag import request_tag
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

_log = structlog.get_logger(__name__)


class MinerService:
    """What a miner does, apart from HTTP.

    Args:
        hotkey: ss58 hotkey of this miner.
        chain: the home chain.
        circuits: by circuit id.
        pool: workers that prove.
        queue: admission to the workers.
    """

    def __init__(
        self,
        *,
        hotkey: str,
        chain: HomeChain,
        circuits: Mapping[str, Circuit],
        pool: ProverPool,
        queue: ProvingQueue,
    ) -> None:
        self.hotkey = hotkey
        self._chain = chain
        self._circuits = circuits
        self._pool = pool
        self._queue = queue
        self._under_way: set[asyncio.Task[ProvenInference]] = set()

    def capabilities(self) -> Capabilities:
        """What this miner can do now."""
        circuits = tuple(
            CircuitCapability(
                circuit_id=circuit_id,
                model_name=circuit.manifest.model_name,
                seconds_per_proof=self._queue.seconds_per_proof(circuit_id),
            )
            for circuit_id, circuit in self._circuits.items()
        )
        queue = self._queue
        return Capabilities(
            circuits=circuits, workers=queue.workers, queue_limit=queue.limit, queue_length=queue.waiting
        )

    async def answer(self, request: ObservationRequest, validator: str) -> ProvenInference:
        """Prove what is asked.

        Args:
            request: what to prove.
            validator: ss58 hotkey that asks.

        Raises:
            RefusedError: it cannot be proved, or not in time.
        """
        circuit = self._circuit_for(request)
        # the place is held until the proof is made, not until the asker gives up: a worker cannot be interrupted
        task = asyncio.create_task(self._answer_in_place(circuit, request, validator))
        self._under_way.add(task)
        task.add_done_callback(self._finished)
        try:
            return await asyncio.wait_for(asyncio.shield(task), request.deadline_seconds)
        except TimeoutError as error:
            raise RefusedError(
                RefusalCode.DEADLINE_PASSED, f"no proof within {request.deadline_seconds:g} s"
            ) from error

    def _finished(self, task: asyncio.Task[ProvenInference]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen: the asker may have left before it was raised

    def _circuit_for(self, request: ObservationRequest) -> Circuit:
        circuit = self._circuits.get(request.circuit_id)
        if circuit is None:
            raise RefusedError(RefusalCode.CIRCUIT_NOT_HELD, f"circuit {request.circuit_id} is not held")
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

    async def _answer_in_place(self, circuit: Circuit, request: ObservationRequest, validator: str) -> ProvenInference:
        with self._queue.place(request.circuit_id, request.deadline_seconds):
            reading = await self._read(circuit, request)
            return await self._prove(circuit, request, validator, reading)

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

    async def _prove(
        self, circuit: Circuit, request: ObservationRequest, validator: str, reading: Reading
    ) -> ProvenInference:
        manifest = circuit.manifest
        tag = request_tag(
            nonce=request.nonce_bytes,
            validator=validator,
            miner=self.hotkey,
            circuit_id=manifest.circuit_id,
            inputs=reading.inputs,
            bits=manifest.layout.tag_bits,
        )
        try:
            proof = await self._pool.prove(circuit.directory, reading.inputs, tag)
        except CircuitError as error:
            _log.error("proof_failed", circuit_id=manifest.circuit_id, reason=error.message)
            raise RefusedError(RefusalCode.PROVING_FAILED, error.message) from error
        self._queue.measured(manifest.circuit_id, proof.seconds)
        subject = request.subject
        _log.info(
            "proof_made",
            asset=subject.asset,
            epoch=subject.epoch,
            validator=validator,
            seconds=round(proof.seconds, 3),
            proof_bytes=len(proof.proof),
        )
        return ProvenInference(
            circuit_id=manifest.circuit_id,
            subject=subject,
            instances=proof.instances,
            proof="0x" + proof.proof.hex(),
            prover=self.hotkey,
            prove_seconds=proof.seconds,
        )
