"""Direct submissions: a publication by HTTP, at most once per idempotency key."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from relayer.acceptance import Acceptor, Fate
from relayer.outbox.operation_models import SubmissionKeyRow
from statements.errors import VeristakeError
from statements.publication import Publication

SOURCE = "http"
"""Stands in the place of a validator's hotkey."""


class KeyReusedError(VeristakeError):
    """An idempotency key came with another publication than the first time."""


class Submitted(BaseModel):
    """What became of a direct submission.

    Attributes:
        fate: taken, other_model or known.
        statement_id: of the publication.
        jobs: ids of the jobs that are new or tried again.
    """

    model_config = ConfigDict(frozen=True)
    fate: Fate
    statement_id: str
    jobs: tuple[int, ...]


class Submissions:
    """Takes publications from the operator's own programs.

    Args:
        engine: of the state.
        acceptor: checks and takes them.
        clock: Unix time, seconds.
    """

    def __init__(self, engine: Engine, acceptor: Acceptor, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._acceptor = acceptor
        self._clock = clock

    async def submit(self, key: str, publication: Publication) -> Submitted:
        """Take a publication; the same key gives the first answer again, whatever happened in between.

        Raises:
            KeyReusedError: the key came with another publication.
            ProofRejectedError: something about the publication is wrong; the key stays free.
            CircuitError: verification itself failed; the key stays free.
        """
        digest = "0x" + hashlib.sha256(publication.to_json().encode()).hexdigest()
        known = self._answer(key, digest)
        if known is not None:
            return known
        own = publication.model_copy(update={"validator": SOURCE, "cursor": 1})
        accepted = await self._acceptor.accept(own, {"source": SOURCE, "url": "direct"})
        made = Submitted(fate=accepted.fate, statement_id=publication.inference.statement_id, jobs=accepted.jobs)
        try:
            with Session(self._engine) as session, session.begin():
                session.add(SubmissionKeyRow(key=key, digest=digest, answer=made.model_dump_json(), at=self._clock()))
        except IntegrityError:
            # the same key at the same time: the jobs are deduped by their statement, the first answer stands
            return self._answer(key, digest) or made
        return made

    def _answer(self, key: str, digest: str) -> Submitted | None:
        with Session(self._engine.execution_options(reads_only=True)) as session:
            row = session.get(SubmissionKeyRow, key)
            if row is None:
                return None
            if row.digest != digest:
                raise KeyReusedError(
                    f"idempotency key {key!r} was used for another publication", remedy="Use a new key for each"
                )
            return Submitted.model_validate_json(row.answer)
