"""Proofs by processes of another Python environment, such as one with a GPU build of EZKL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from statements.errors import CircuitError, ConfigurationError
from verifier_gen.measured import MeasuredProof
from verifier_gen.pool import WorkerDiedError
from verifier_gen.proof_service import decoded

_MODULE = "verifier_gen.proof_service"
Worker = Popen[bytes]


class EnvironmentBackend:
    """A fixed number of processes of one interpreter; use it within one event loop.

    Args:
        python: interpreter of the environment, which must have this package and EZKL.
        workers: processes.
        timeout_seconds: longest that one proof may take; then its process is ended.
        kept_memory_bytes: a process that keeps more after a proof is replaced; None: any amount.
    """

    def __init__(
        self, python: Path, *, workers: int, timeout_seconds: float = 600.0, kept_memory_bytes: int | None = None
    ) -> None:
        self.workers, self.replaced = workers, 0
        self._python, self._timeout, self._kept = python, timeout_seconds, kept_memory_bytes
        self._free: asyncio.Queue[Worker | None] = asyncio.Queue()
        for _ in range(workers):
            self._free.put_nowait(None)
        self._running: set[Worker] = set()
        # a thread for each process, which does nothing but wait for it
        self._threads = ThreadPoolExecutor(workers)

    async def warm(self, directory: Path) -> None:
        """Let every process check a circuit.

        Raises:
            CircuitError: the environment cannot open it.
        """
        answers = await asyncio.gather(*(self._ask({"directory": str(directory)}) for _ in range(self.workers)))
        for answer in answers:
            if "fault" in answer:
                raise CircuitError(answer["message"], remedy=answer["remedy"])

    async def prove(self, directory: Path, inputs: Sequence[int], tag: int) -> MeasuredProof:
        """Prove in a process of the environment."""
        asked = {"directory": str(directory), "inputs": list(inputs), "tag": hex(tag)}
        return decoded(await self._ask(asked))

    def close(self) -> None:
        """End the processes."""
        for process in list(self._running):
            self._end(process)
        self._threads.shutdown()

    async def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        process = await self._free.get()
        try:
            process = process or self._start()
            answer = await self._answer(process, asked)
            if self._kept is not None and answer.get("kept_bytes", 0) > self._kept:
                self._replace(process)
                process = None
            return answer
        except BaseException:
            # whatever it is about: an answer that comes later would be taken for the next one's
            if process is not None:
                self._replace(process)
                process = None
            raise
        finally:
            self._free.put_nowait(process)

    async def _answer(self, process: Worker, asked: dict[str, Any]) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                line = await loop.run_in_executor(self._threads, _exchange, process, json.dumps(asked).encode())
            answer: dict[str, Any] = json.loads(line)
        except (TimeoutError, OSError, ValueError) as error:
            raise WorkerDiedError(
                f"a process of {self._python} gave no answer", remedy="Its words are on the miner's standard error"
            ) from error
        return answer

    def _start(self) -> Worker:
        try:
            process = Popen([str(self._python), "-m", _MODULE], stdin=PIPE, stdout=PIPE)  # noqa: S603 - of the settings
        except OSError as error:
            raise ConfigurationError(
                f"proving.python {self._python} cannot be run: {error.strerror}", remedy="Correct the path"
            ) from error
        self._running.add(process)
        return process

    def _replace(self, process: Worker) -> None:
        self.replaced += 1
        self._end(process)

    def _end(self, process: Worker) -> None:
        self._running.discard(process)
        # its thread, if one waits, sees the end of its output
        process.kill()
        process.wait()


def _exchange(process: Worker, asked: bytes) -> bytes:
    assert process.stdin is not None  # noqa: S101 - it was started with pipes
    assert process.stdout is not None  # noqa: S101 - it was started with pipes
    process.stdin.write(asked + b"\n")
    process.stdin.flush()
    return process.stdout.readline()
