"""What the operator asks of a running relayer, kept in the database: it works while none runs, too."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from relayer.outbox.models import JobRow
from relayer.outbox.operation_models import PausedChainRow, RequestRow
from relayer.outbox.transitions import move
from relayer.outbox.views import UnknownJobError
from relayer.states import TRANSITIONS, JobState
from statements.errors import VeristakeError


class RequestKind(StrEnum):
    """What can be asked for a job."""

    BUMP = "bump"
    """Offer more for its transaction."""
    CANCEL = "cancel"
    """Give it up; its nonce, if it has one, is used by an empty transaction."""
    RETRY = "retry"
    """Try it again, now."""


class NotRetriableError(VeristakeError):
    """A job cannot be tried again from the state it is in."""


@dataclass(frozen=True)
class OperatorRequest:
    """A request that waits for the chain's writer.

    Attributes:
        id: number of the request.
        kind: what to do.
        job_id: to which job.
        made_by: who asked: ``command`` or ``http``.
    """

    id: int
    kind: RequestKind
    job_id: int
    made_by: str


@dataclass(frozen=True)
class Pause:
    """A paused chain.

    Attributes:
        since: Unix time, seconds.
        reason: the operator's words.
    """

    since: float
    reason: str


class RequestStore:
    """Requests and pauses.

    Args:
        engine: of the state.
        clock: Unix time, seconds.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def ask(self, kind: RequestKind, job_id: int, *, made_by: str) -> int:
        """Store a request; returns its number.

        Raises:
            UnknownJobError: no job has this id.
        """
        with Session(self._engine) as session, session.begin():
            job = session.get(JobRow, job_id)
            if job is None:
                raise UnknownJobError(f"there is no job {job_id}", remedy="veristake relayer txs list shows them")
            row = RequestRow(
                kind=kind, chain_id=job.chain_id, job_id=job_id, made_at=self._clock(), made_by=made_by, done_at=None
            )
            session.add(row)
            session.flush()
            return row.id

    def open_for(self, chain_id: int) -> list[OperatorRequest]:
        """Requests of a chain that are not done, oldest first."""
        query = select(RequestRow).where(RequestRow.chain_id == chain_id, RequestRow.done_at.is_(None))
        with Session(self._engine) as session:
            rows = session.scalars(query.order_by(RequestRow.id))
            return [OperatorRequest(row.id, RequestKind(row.kind), row.job_id, row.made_by) for row in rows]

    def finish(self, request_id: int, outcome: str) -> None:
        """Note what became of a request."""
        with Session(self._engine) as session, session.begin():
            row = session.get_one(RequestRow, request_id)
            row.done_at, row.outcome = self._clock(), outcome

    def outcome(self, request_id: int) -> str | None:
        """What became of a request, None while it waits."""
        with Session(self._engine) as session:
            return session.get_one(RequestRow, request_id).outcome

    def retry(self, job_id: int, *, made_by: str) -> str:
        """Queue a job again, or let a queued one try now; returns what was done.

        Raises:
            NotRetriableError: its transaction is under way, or it is done.
        """
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            job = session.get_one(JobRow, job_id)
            state = JobState(job.state)
            if state is JobState.QUEUED:
                job.retry_at = 0.0
                return f"job {job_id} waits no longer"
            if JobState.QUEUED not in TRANSITIONS[state] or state in (JobState.SENT, JobState.SEEN_ON_CHAIN):
                raise NotRetriableError(
                    f"job {job_id} is {state}",
                    remedy="Only a job that was rejected, skipped or queued can be tried again",
                )
            move(session, job, JobState.QUEUED, at=now, reason=f"asked for by {made_by}")
            return f"job {job_id} was {state} and is queued"

    def pause(self, chain_id: int, reason: str) -> None:
        """Send nothing new on a chain; a running relayer sees it at its next look."""
        with Session(self._engine) as session, session.begin():
            row = session.get(PausedChainRow, chain_id)
            if row is None:
                session.add(PausedChainRow(chain_id=chain_id, since=self._clock(), reason=reason))
            else:
                row.reason = reason

    def resume(self, chain_id: int) -> bool:
        """Go on; returns whether the chain was paused."""
        with Session(self._engine) as session, session.begin():
            row = session.get(PausedChainRow, chain_id)
            if row is not None:
                session.delete(row)
            return row is not None

    def paused(self, chain_id: int) -> Pause | None:
        """Since when and why a chain is paused, None when it is not."""
        with Session(self._engine) as session:
            row = session.get(PausedChainRow, chain_id)
            return None if row is None else Pause(row.since, row.reason)
