"""Spawned worker processes that prove and verify, and that may die without taking the caller or each other along."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import ParamSpec, TypeVar

from statements.errors import CircuitError
from statements.instances import Instances
from verifier_gen import prover
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.isolated import kill_workers, stdout_to_stderr, without_panic
from verifier_gen.measured import MeasuredProof, prove_measured
from verifier_gen.prover import Proof

VERIFICATION_SECONDS = 30.0
"""For a verification, which takes 40 ms: one proof that hangs EZKL holds up the others for no longer."""

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=8)
def _opened(directory: Path, with_proving_key: bool) -> Circuit:
    """A worker checks a circuit's hashes once."""
    return open_circuit(directory, with_proving_key=with_proving_key)


class WorkerDiedError(CircuitError):
    """A worker process ended amid its work, or was ended because it did not come to an end; another one may do it."""


def prove_in_worker(directory: Path, inputs: tuple[int, ...], tag: int) -> MeasuredProof:
    """Prove and measure in this process, which opens each circuit once.

    Raises:
        CircuitError: as :func:`verifier_gen.prover.prove`.
    """
    try:
        return without_panic(partial(prove_measured, _opened(directory, True), inputs, tag))
    except RuntimeError as error:
        raise CircuitError(f"EZKL failed: {error}", remedy="See docs/circuits.md") from error


def _verify(directory: Path, instances: Instances, proof: bytes) -> bool:
    return prover.verify(_opened(directory, False), instances, proof)


def warm_in_worker(directory: Path, with_proving_key: bool) -> None:
    """Check a circuit in this process.

    Raises:
        CircuitError: a file is missing or is not the one that the manifest names.
    """
    _opened(directory, with_proving_key)


def _start_worker() -> None:
    stdout_to_stderr()
    end_with_parent()


def end_with_parent() -> None:
    """For a worker process: its parent alone decides when it stops, and takes it along however it ends."""
    # Ctrl-C reaches the whole process group
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # a killed parent cannot stop its workers, and one amid a proof would hold a core for nobody
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


class ProverPool:
    """A fixed number of spawned workers, each with one call at a time.

    EZKL re-reads proving key and SRS for each proof; what stays warm is the process, the checked hashes and the page
    cache.

    Args:
        workers: processes; each proof takes about 0.4 GB for the staking circuit.
        timeout_seconds: longest that one call may work; then its worker is replaced, because EZKL can hang instead
            of failing. Waiting for a worker does not count: who waits behind a call that hangs has done nothing.
        kept_memory_bytes: a worker that keeps more after a proof is replaced; None: any amount.
    """

    def __init__(
        self, workers: int = 1, timeout_seconds: float = 600.0, *, kept_memory_bytes: int | None = None
    ) -> None:
        self.workers, self._timeout, self._kept = workers, timeout_seconds, kept_memory_bytes
        self.replaced = 0
        self._slots = [_Slot() for _ in range(workers)]
        self._free = deque(self._slots)
        self._waiting: deque[asyncio.Future[_Slot]] = deque()

    async def warm(self, directory: Path, *, with_proving_key: bool) -> None:
        """Check a circuit in a worker before the first request needs it.

        Raises:
            CircuitError: a file is missing or is not the one that the manifest names.
        """
        await self._run(warm_in_worker, directory, with_proving_key)

    async def prove(self, directory: Path, inputs: Sequence[int], tag: int) -> Proof:
        """Prove in a worker; see :func:`verifier_gen.prover.prove`."""
        return (await self.prove_measured(directory, inputs, tag)).proof

    async def prove_measured(self, directory: Path, inputs: Sequence[int], tag: int) -> MeasuredProof:
        """Prove in a worker, with the memory that it took.

        Raises:
            WorkerDiedError: the worker ended amid the proof, or nothing came in time.
            CircuitError: as :func:`verifier_gen.prover.prove`.
        """
        return await self._run(prove_in_worker, directory, tuple(inputs), tag)

    async def verify(self, directory: Path, instances: Instances, proof: bytes) -> bool:
        """Verify in a worker; see :func:`verifier_gen.prover.verify`."""
        return await self._run(_verify, directory, instances, proof)

    async def _run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        slot = await self._take()
        try:
            async with asyncio.timeout(self._timeout):
                answer = await asyncio.wrap_future(slot.executor.submit(call, *args, **kwargs))
            if self._keeps_too_much(answer):
                self._replace(slot)
            return answer
        except TimeoutError as error:
            self._replace(slot)
            raise WorkerDiedError(
                f"EZKL did not answer within {self._timeout:.0f} s", remedy="Try again, or use a faster machine"
            ) from error
        except BrokenProcessPool as error:
            self._replace(slot)
            raise WorkerDiedError(
                "a prover process died", remedy="Try again; if it recurs, memory is too small for the circuit"
            ) from error
        finally:
            self._give_back(slot)

    async def _take(self) -> _Slot:
        if self._free:
            return self._free.popleft()
        turn: asyncio.Future[_Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())
            raise

    def _give_back(self, slot: _Slot) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(slot)
                return
        self._free.append(slot)

    def _keeps_too_much(self, answer: object) -> bool:
        return self._kept is not None and isinstance(answer, MeasuredProof) and answer.kept_bytes > self._kept

    def _replace(self, slot: _Slot) -> None:
        self.replaced += 1
        slot.replace()

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers that have started."""
        processes = [pid for slot in self._slots for pid in slot.executor._processes or {}]
        return [pid for pid in processes if pid != os.getpid()]

    def close(self) -> None:
        """Stop the workers; a proof under way is given up."""
        for slot in self._slots:
            kill_workers(slot.executor)


class _Slot:
    """One worker process, started by its first call, and whoever takes its place."""

    def __init__(self) -> None:
        self.executor = self._new_executor()

    def _new_executor(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, mp_context=context, initializer=_start_worker)

    def replace(self) -> None:
        """End the process, whatever it does; the next call starts another one."""
        ended, self.executor = self.executor, self._new_executor()
        kill_workers(ended)
