"""Spawned worker processes that prove and verify, and that may die without taking the caller along."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import ParamSpec, TypeVar

from statements.errors import CircuitError
from statements.instances import Instances
from verifier_gen import prover
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.isolated import kill_workers, stdout_to_stderr
from verifier_gen.prover import Proof

P = ParamSpec("P")
R = TypeVar("R")


class WorkerDiedError(CircuitError):
    """A worker process ended in the midst of its work, or was ended because it did not come to an end."""


@lru_cache(maxsize=8)
def _opened(directory: Path, with_proving_key: bool) -> Circuit:
    """A worker checks a circuit's hashes once."""
    return open_circuit(directory, with_proving_key=with_proving_key)


def _prove(directory: Path, inputs: tuple[int, ...], tag: int) -> Proof:
    return prover.prove(_opened(directory, True), inputs, tag)


def _verify(directory: Path, instances: Instances, proof: bytes) -> bool:
    return prover.verify(_opened(directory, False), instances, proof)


def _warm(directory: Path, with_proving_key: bool) -> None:
    _opened(directory, with_proving_key)


def _start_worker() -> None:
    stdout_to_stderr()
    # Ctrl-C reaches the whole process group: the parent decides when workers stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # a killed parent cannot stop its workers, and one amid a proof would hold a core for nobody
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


class ProverPool:
    """A fixed number of spawned workers.

    EZKL re-reads proving key and SRS for each proof; what stays warm is the process, the checked hashes and the page
    cache.

    Args:
        workers: processes; each proof takes about 0.4 GB for the staking circuit.
        timeout_seconds: longest that one call may work, waiting for a worker included; then all workers are
            replaced, because EZKL can hang instead of failing.
    """

    def __init__(self, workers: int = 1, timeout_seconds: float = 600.0) -> None:
        self._workers, self._timeout = workers, timeout_seconds
        self._executor = self._new_executor()

    def _new_executor(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._workers, mp_context=context, initializer=_start_worker)

    async def warm(self, directory: Path, *, with_proving_key: bool) -> None:
        """Check a circuit in a worker before the first request needs it.

        Raises:
            CircuitError: a file is missing or is not the one that the manifest names.
        """
        await self._run(_warm, directory, with_proving_key)

    async def prove(self, directory: Path, inputs: Sequence[int], tag: int) -> Proof:
        """Prove in a worker; see :func:`verifier_gen.prover.prove`."""
        return await self._run(_prove, directory, tuple(inputs), tag)

    async def verify(self, directory: Path, instances: Instances, proof: bytes) -> bool:
        """Verify in a worker; see :func:`verifier_gen.prover.verify`."""
        return await self._run(_verify, directory, instances, proof)

    async def _run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        executor = self._executor
        try:
            future = asyncio.wrap_future(executor.submit(call, *args, **kwargs))
            return await asyncio.wait_for(future, self._timeout)
        except TimeoutError as error:
            self._replace(executor)
            raise WorkerDiedError(
                f"EZKL did not answer within {self._timeout:.0f} s", remedy="Try again, or use a faster machine"
            ) from error
        except BrokenProcessPool as error:
            self._replace(executor)
            raise WorkerDiedError(
                "a prover process died", remedy="Try again; if it recurs, memory is too small for the circuit"
            ) from error

    def _replace(self, executor: ProcessPoolExecutor) -> None:
        # several callers may see the same broken executor; only the first replaces it
        if self._executor is executor:
            self._executor = self._new_executor()
            kill_workers(executor)

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers that have started."""
        processes = self._executor._processes or {}
        return [pid for pid in processes if pid != os.getpid()]

    def close(self) -> None:
        """Stop the workers; a proof under way is given up."""
        kill_workers(self._executor)
