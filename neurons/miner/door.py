"""Lets validators in, and sees to it that every refusal is logged and counted."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

import structlog
from fastapi import Depends

from neurons.miner.admission import Gate
from neurons.miner.meters import MinerMeters
from neurons.refusing import RefusedError
from signed_http.server import caller_hotkey

_log = structlog.get_logger(__name__)
R = TypeVar("R")


class Door:
    """Between the routes and the service.

    Args:
        gate: says who may ask.
        meters: count the refusals; None: nobody does.
    """

    def __init__(self, gate: Gate, meters: MinerMeters | None) -> None:
        self._gate, self._meters = gate, meters

    # not a coroutine: it may read the network, so that FastAPI runs it in a thread
    def validator(self, caller: Annotated[str, Depends(caller_hotkey)]) -> str:
        """FastAPI dependency: hotkey of a validator that may ask.

        Raises:
            RefusedError: it may not.
        """
        with self.noting(caller):
            self._gate.admit(caller)
        return caller

    async def answer(self, caller: str, answer: Awaitable[R]) -> R:
        """Wait for an answer.

        Raises:
            RefusedError: there is none, which is noted.
        """
        with self.noting(caller):
            return await answer

    @contextmanager
    def noting(self, caller: str) -> Iterator[None]:
        """Log and count a refusal on its way out."""
        try:
            yield
        except RefusedError as error:
            _log.info("request_refused", code=error.code, validator=caller, reason=error.message)
            if self._meters is not None:
                self._meters.refused(error.code)
            raise
