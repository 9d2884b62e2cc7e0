"""Runs a call in a spawned process of its own, so that a crash in native code is an error and not the end."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import ParamSpec, TypeVar

from statements.errors import CircuitError

P = ParamSpec("P")
R = TypeVar("R")

_PANIC_MODULE = "pyo3_runtime"
TIMEOUT_SECONDS = 1800
"""EZKL can hang instead of failing; the longest honest step is the SRS of a large circuit."""


def run_isolated(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a module-level function in a fresh process and return what it returns.

    Raises:
        CircuitError: the process died, EZKL refused, or nothing came within ``TIMEOUT_SECONDS``.
    """
    name = getattr(call, "__name__", "call")
    # spawned, because EZKL hangs in a forked child of a process that has used it
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=stdout_to_stderr) as executor:
        try:
            return executor.submit(without_panic, partial(call, *args, **kwargs)).result(TIMEOUT_SECONDS)
        except TimeoutError as error:
            kill_workers(executor)
            raise CircuitError(
                f"EZKL did not finish {name} within {TIMEOUT_SECONDS} s", remedy="See docs/circuits.md"
            ) from error
        except BrokenProcessPool as error:
            raise CircuitError(
                f"EZKL died in {name}",
                remedy="Most often memory ran out: see docs/circuits.md for what it needs",
            ) from error
        except RuntimeError as error:
            raise CircuitError(f"EZKL refused in {name}: {error}", remedy="See docs/circuits.md") from error


def without_panic(call: Callable[[], R]) -> R:
    """Call, and have a panic of native code come out as RuntimeError."""
    try:
        return call()
    except BaseException as error:
        # a panic in Rust is of a class that cannot be sent between processes
        if type(error).__module__ != _PANIC_MODULE:
            raise
        raise RuntimeError(str(error)) from None


def stdout_to_stderr() -> None:
    """For a process that runs EZKL: it prints as it likes, where ``--json`` promises one document."""
    os.dup2(sys.stderr.fileno(), 1)


def kill_workers(executor: ProcessPoolExecutor) -> None:
    """End an executor's processes at once, whatever they do."""
    # no public way to reach them before Python 3.14
    for process in list((executor._processes or {}).values()):
        process.kill()
    executor.shutdown(wait=False, cancel_futures=True)
