"""Carrying out what the operator has asked for, by the chain's own writer: nobody else takes or replaces nonces."""

from __future__ import annotations

from typing import Protocol

import structlog

from relayer.outbox.request_store import OperatorRequest, RequestKind, RequestStore
from statements.errors import VeristakeError

log = structlog.get_logger(__name__)


class Replacer(Protocol):
    """Replaces transactions of jobs; the submitter of the chain."""

    async def bump(self, job_id: int) -> str:
        """Offer more for a job's transaction; returns what was done.

        Raises:
            VeristakeError: it cannot be done, and why.
        """

    async def cancel(self, job_id: int) -> str:
        """Give a job up; returns what was done.

        Raises:
            VeristakeError: it cannot be done, and why.
        """


class NotSupportedError(VeristakeError):
    """This release cannot do what was asked for."""


class NoReplacer:
    """Of a chain whose transactions are never replaced."""

    async def bump(self, job_id: int) -> str:
        """Refuses.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            f"the transaction of job {job_id} cannot be replaced", remedy="Wait until it is included"
        )

    async def cancel(self, job_id: int) -> str:
        """Refuses.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(f"job {job_id} cannot be cancelled", remedy="Pause the chain instead")


class RequestDesk:
    """Requests of one chain.

    Args:
        store: of the requests.
        chain_id: EIP-155 id.
        chain_name: for the log.
        replacer: carries out bumps and cancellations.
    """

    def __init__(self, store: RequestStore, *, chain_id: int, chain_name: str, replacer: Replacer) -> None:
        self._store = store
        self._chain_id = chain_id
        self._name = chain_name
        self._replacer = replacer
        self._was_paused = False

    @property
    def paused(self) -> bool:
        """Whether nothing new may be sent on the chain."""
        pause = self._store.paused(self._chain_id)
        if (pause is not None) != self._was_paused:
            self._was_paused = pause is not None
            log.warning("chain_paused" if pause else "chain_resumed", chain=self._name, reason=pause and pause.reason)
        return pause is not None

    async def carry_out(self) -> None:
        """Do everything that was asked for; what cannot be done says why, and is not asked again."""
        for request in self._store.open_for(self._chain_id):
            try:
                outcome = await self._do(request)
            except VeristakeError as error:
                outcome = f"not done: {error}"
            self._store.finish(request.id, outcome)
            log.info(
                "request_done",
                chain=self._name,
                request=request.id,
                kind=request.kind,
                job=request.job_id,
                outcome=outcome,
            )

    async def _do(self, request: OperatorRequest) -> str:
        if request.kind is RequestKind.BUMP:
            return await self._replacer.bump(request.job_id)
        if request.kind is RequestKind.CANCEL:
            return await self._replacer.cancel(request.job_id)
        return self._store.retry(request.job_id, made_by=request.made_by)
