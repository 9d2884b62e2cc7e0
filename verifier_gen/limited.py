"""Calls on files that somebody hostile has made: each in a process of its own, with limits that the system enforces."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from statements.errors import CircuitError
from verifier_gen.isolated import kill_workers, without_panic
from verifier_gen.pool import end_with_parent

P = ParamSpec("P")
R = TypeVar("R")


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
    """

    def __init__(self, limits: ProcessLimits) -> None:
        self._limits = limits
        self._one_at_a_time = asyncio.Lock()

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a module-level function.

        Raises:
            ProcessEndedError: the process died, took too much memory or too long.
            Exception: whatever the call raises; a panic of native code comes as RuntimeError.
        """
        async with self._one_at_a_time:
            # spawned, because EZKL hangs in a forked child of a process that has used it
            context = multiprocessing.get_context("spawn")
            executor = ProcessPoolExecutor(1, mp_context=context, initializer=_start, initargs=(self._limits,))
            try:
                async with asyncio.timeout(self._limits.seconds):
                    future = executor.submit(without_panic, partial(call, *args, **kwargs))
                    return await asyncio.wrap_future(future)
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


def _start(limits: ProcessLimits) -> None:
    # what it prints is somebody hostile's too
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    # private memory: address space would count what threads only reserve
    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()
