"""Calls on files that somebody hostile has made: each in a process of its own, with limits that the system enforces."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from statements.errors import CircuitError
from verifier_gen.isolated import kill_workers, without_panic
from verifier_gen.pool import end_with_parent

P = ParamSpec("P")
R = TypeVar("R")


SCRATCH = "limited-"
"""Beginning of the names of folders for temporary files; one that is left was of a parent that was killed."""


class ProcessEndedError(CircuitError):
    """A process died, or was ended at a limit, before its call was done."""


@dataclass(frozen=True)
class ProcessLimits:
    """What one call may take.

    Attributes:
        seconds: by the clock; then the process is killed.
        memory_bytes: of private memory, and of each file that it writes.
    """

    seconds: float
    memory_bytes: int


class LimitedProcess:
    """Runs one call at a time, each in a new process, of which nothing is left afterwards.

    Args:
        limits: of each call.
        scratch: folder in which each call has one for its temporary files, which a killed process leaves behind.
    """

    def __init__(self, limits: ProcessLimits, scratch: Path) -> None:
        self._limits, self._scratch = limits, scratch
        self._one_at_a_time = asyncio.Lock()

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a module-level function.

        Raises:
            ProcessEndedError: the process died, took too much memory or too long.
            Exception: whatever the call raises; a panic of native code comes as RuntimeError.
        """
        async with self._one_at_a_time:
            with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self._scratch, ignore_cleanup_errors=True) as folder:
                return await self._run_in(folder, partial(call, *args, **kwargs))

    async def _run_in(self, folder: str, call: Callable[[], R]) -> R:
        # spawned, because EZKL hangs in a forked child of a process that has used it
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(1, mp_context=context, initializer=_start, initargs=(self._limits, folder))
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await asyncio.wrap_future(executor.submit(without_panic, call))
        except TimeoutError as error:
            raise ProcessEndedError(
                f"not done within {self._limits.seconds:g} s", remedy="Raise the limit, or ask for less"
            ) from error
        except BrokenProcessPool as error:
            raise ProcessEndedError(
                f"the process died; it may take {self._limits.memory_bytes} bytes",
                remedy="Raise the limit, or ask for less",
            ) from error
        finally:
            kill_workers(executor)


def _start(limits: ProcessLimits, folder: str) -> None:
    tempfile.tempdir = os.environ["TMPDIR"] = folder
    # what it prints is somebody hostile's too
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    # private memory: address space would count what threads only reserve
    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()
