"""Makes one proof in its turn, again when a worker dies, and gives the place back when nobody waits any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from neurons.messages import ProofRequest, RefusalCode
from neurons.miner.backends.backend import ProvingBackend
from neurons.miner.fair_order import RequestKind
from neurons.miner.holdings import HeldCircuits
from neurons.miner.places import Places
from neurons.refusing import RefusedError
from statements.errors import CircuitError
from statements.request_tag import request_tag
from verifier_gen.circuit import Circuit
from verifier_gen.measured import MeasuredProof
from verifier_gen.pool import WorkerDiedError
from verifier_gen.prover import InputOutOfRangeError, Proof

_log = structlog.get_logger(__name__)
_ATTEMPTS = 3
"""A worker that dies three times over one request dies of it."""

Inputs = tuple[int, ...]


@dataclass(frozen=True)
class ProofTask:
    """What is to be proved, for whom.

    Attributes:
        circuit: to prove under.
        kind: what the proof is for.
        caller: ss58 hotkey that asks.
        nonce: of the request.
        deadline_seconds: the caller stops waiting after.
    """

    circuit: Circuit
    kind: RequestKind
    caller: str
    nonce: bytes
    deadline_seconds: float

    @classmethod
    def of(cls, request: ProofRequest, circuit: Circuit, kind: RequestKind, caller: str) -> ProofTask:
        """The task that a request poses."""
        return cls(circuit, kind, caller, request.nonce_bytes, request.deadline_seconds)


class Prover:
    """Proves tasks.

    Args:
        hotkey: ss58 hotkey of this miner.
        held: circuits.
        backend: makes the proofs.
        places: whose turn it is.
        on_proof: told of every proof.
    """

    def __init__(
        self,
        *,
        hotkey: str,
        held: HeldCircuits,
        backend: ProvingBackend,
        places: Places,
        on_proof: Callable[[RequestKind, MeasuredProof], None] = lambda _kind, _proof: None,
    ) -> None:
        self.hotkey = hotkey
        self._on_proof = on_proof
        self._held, self._backend, self._places = held, backend, places
        self._under_way: set[asyncio.Task[Proof]] = set()

    async def prove(
        self,
        task: ProofTask,
        read_inputs: Callable[[], Awaitable[Inputs]],
        departure: Coroutine[Any, Any, None] | None = None,
    ) -> Proof:
        """Prove within the deadline.

        A request whose caller leaves or whose deadline passes before its proof begins gives its place back. A proof
        that has begun is made to its end: ending it means ending its worker, and a new one costs a second of start
        and the check of its keys, about what is left of a proof on average.

        Args:
            task: what to prove.
            read_inputs: called once the worker is free.
            departure: ends when the caller has left.

        Raises:
            RefusedError: it cannot be proved, or not in time.
        """
        begun = asyncio.Event()
        proving = asyncio.create_task(self._prove_in_turn(task, read_inputs, begun))
        self._under_way.add(proving)
        proving.add_done_callback(self._ended)
        left = asyncio.create_task(departure) if departure is not None else None
        waited = [each for each in (proving, left) if each is not None]
        try:
            await asyncio.wait(waited, timeout=task.deadline_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if left is not None:
                left.cancel()
            if not proving.done() and not begun.is_set():
                proving.cancel()
        if proving.done():
            return proving.result()
        if left is not None and left.done():
            raise RefusedError(RefusalCode.CALLER_LEFT, "the caller closed the connection")
        if begun.is_set():
            raise RefusedError(RefusalCode.DEADLINE_PASSED, f"no proof within {task.deadline_seconds:g} s")
        raise RefusedError(
            RefusalCode.DEADLINE_TOO_SHORT,
            f"no worker became free within {task.deadline_seconds:g} s",
            retry_after=self._places.expected_wait(),
        )

    def _ended(self, proving: asyncio.Task[Proof]) -> None:
        self._under_way.discard(proving)
        if not proving.cancelled():
            proving.exception()  # marks it as seen: the caller may have left before it was raised

    async def _prove_in_turn(
        self, task: ProofTask, read_inputs: Callable[[], Awaitable[Inputs]], begun: asyncio.Event
    ) -> Proof:
        deadline = time.monotonic() + task.deadline_seconds
        circuit_id = task.circuit.manifest.circuit_id
        async with self._places.hold(task.caller, task.kind, circuit_id, task.deadline_seconds):
            # found out while this one waited
            self._held.require_fits(circuit_id)
            begun.set()
            inputs = await read_inputs()
            measured = await self._prove_again_if_a_worker_dies(task, inputs, deadline)
        proof = measured.proof
        self._on_proof(task.kind, measured)
        self._places.queue.durations.measured(circuit_id, proof.seconds)
        if self._held.note_need(circuit_id, measured.peak_bytes):
            _log.error("circuit_too_large", circuit_id=circuit_id, peak_bytes=measured.peak_bytes)
        return proof

    async def _prove_again_if_a_worker_dies(self, task: ProofTask, inputs: Inputs, deadline: float) -> MeasuredProof:
        manifest = task.circuit.manifest
        tag = request_tag(
            nonce=task.nonce,
            validator=task.caller,
            miner=self.hotkey,
            circuit_id=manifest.circuit_id,
            inputs=inputs,
            bits=manifest.layout.tag_bits,
        )
        attempt = 1
        while True:
            try:
                return await self._backend.prove(task.circuit.directory, inputs, tag)
            except WorkerDiedError as error:
                _log.warning("worker_died", circuit_id=manifest.circuit_id, attempt=attempt, reason=error.message)
                if attempt == _ATTEMPTS or time.monotonic() >= deadline:
                    raise _proving_failed(manifest.circuit_id, error) from error
                attempt += 1
            except InputOutOfRangeError as error:
                if task.kind is RequestKind.OBSERVATION:
                    # the inputs are the chain's: not the caller's fault
                    raise _proving_failed(manifest.circuit_id, error) from error
                raise RefusedError(RefusalCode.INPUT_OUT_OF_RANGE, error.message) from error
            except CircuitError as error:
                raise _proving_failed(manifest.circuit_id, error) from error


def _proving_failed(circuit_id: str, error: CircuitError) -> RefusedError:
    _log.error("proof_failed", circuit_id=circuit_id, reason=error.message)
    return RefusedError(RefusalCode.PROVING_FAILED, error.message)
