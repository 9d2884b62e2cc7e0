"""A call in a spawned process with limits of time and memory: EZKL can hang, and eat a machine."""

from __future__ import annotations

import multiprocessing
import os
import resource
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.process import BaseProcess
from typing import NamedTuple, ParamSpec, TypeVar

from statements.errors import CircuitError
from verifier_gen.isolated import kill_workers, stdout_to_stderr, without_panic

P = ParamSpec("P")
R = TypeVar("R")


class Limits(NamedTuple):
    """What one call may use.

    Attributes:
        seconds: wall time.
        memory_bytes: of the process's data.
    """

    seconds: float = 900.0
    memory_bytes: int = 12 << 30


def run_limited(limits: Limits, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a module-level function in a fresh process, and end the process when it exceeds the limits.

    Raises:
        CircuitError: the limits were exceeded, the process died, or EZKL refused.
    """
    name = getattr(call, "__name__", "call").lstrip("_")
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(1, mp_context=context, initializer=_prepare, initargs=(limits.memory_bytes,))
    remedy = "Raise --seconds or --memory, or leave the candidate out"
    try:
        return executor.submit(without_panic, partial(call, *args, **kwargs)).result(limits.seconds)
    except TimeoutError as error:
        raise CircuitError(f"{name} took more than {limits.seconds:.0f} s", remedy=remedy) from error
    except BrokenProcessPool as error:
        raise CircuitError(f"{name} died, most likely of memory", remedy=remedy) from error
    except MemoryError as error:
        raise CircuitError(f"{name} wanted more than {limits.memory_bytes >> 20} MiB", remedy=remedy) from error
    except RuntimeError as error:
        raise CircuitError(f"EZKL refused in {name}: {error}", remedy=remedy) from error
    finally:
        kill_workers(executor)


def _prepare(memory_bytes: int) -> None:
    stdout_to_stderr()
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    parent = multiprocessing.parent_process()
    if parent is not None:
        # a search killed with SIGKILL cannot stop its worker
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
