"""The outbox as its operator changes it: bump, cancel, retry, pause. The writer of the chain does what is wished."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from relayer.outbox.models import JobRow, PauseRow
from relayer.outbox.transitions import locked, move
from relayer.outbox.views import UnknownJobError
from relayer.states import GIVEN_UP, JobState
from statements.errors import VeristakeError
from statements.job import JobKind


class Wish(StrEnum):
    """What the operator wants of a transaction in flight."""

    BUMP = "bump"
    """Replace it by the same with higher fees."""
    CANCEL = "cancel"
    """Replace it by a self-send."""


class NotPossibleError(VeristakeError):
    """What the operator asks for does not go with the state in which the job is."""


class OperatorStore:
    """Wishes of the operator; safe beside a running relayer, in the same process or in another.

    Args:
        engine: of the state.
        clock: Unix time, seconds.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def bump(self, job_id: int) -> JobState:
        """Have a transaction in flight replaced by one with higher fees; returns the job's state.

        Raises:
            UnknownJobError: no job has this id.
            NotPossibleError: it has no transaction that waits for a block.
        """
        with Session(self._engine) as session, session.begin():
            row = _job(session, job_id)
            if row.state != JobState.SENT:
                raise NotPossibleError(
                    f"job {job_id} is {row.state}, only a sent one can be bumped", remedy="See txs show"
                )
            _transaction_of(session, row).wish = Wish.BUMP
            return JobState(row.state)

    def cancel(self, job_id: int) -> JobState:
        """Call a job off: at once while it is queued, by a self-send with its nonce when it was sent.

        Which of the two transactions gets into a block is the chain's choice: the job ends cancelled or finalized.
        One of a batch takes the batch's transaction with it; the others of that batch are tried singly afterwards.

        Returns:
            The job's state now.

        Raises:
            UnknownJobError: no job has this id.
            NotPossibleError: it is in a block already, or has ended.
        """
        with Session(self._engine) as session, session.begin():
            row = _job(session, job_id)
            if row.state == JobState.QUEUED:
                move(session, row, JobState.CANCELLED, at=self._clock(), reason="cancelled by the operator")
                row.error = "cancelled by the operator"
            elif row.state == JobState.SENT:
                row.wish = _transaction_of(session, row).wish = Wish.CANCEL
            else:
                raise NotPossibleError(
                    f"job {job_id} is {row.state}, it cannot be cancelled any more", remedy="See txs show"
                )
            return JobState(row.state)

    def retry(self, job_id: int) -> JobState:
        """Queue a job again that was rejected, cancelled, expired or skipped, or let a waiting one be tried at once.

        Returns:
            The job's state now.

        Raises:
            UnknownJobError: no job has this id.
            NotPossibleError: it is in flight or has succeeded.
        """
        with Session(self._engine) as session, session.begin():
            row = _job(session, job_id)
            if row.kind == JobKind.BATCH:
                raise NotPossibleError(
                    f"job {job_id} is a batch, its jobs are tried by themselves", remedy="Try these again: see txs list"
                )
            if row.state in GIVEN_UP | {JobState.SKIPPED}:
                move(session, row, JobState.QUEUED, at=self._clock(), reason="tried again by the operator")
            elif row.state == JobState.QUEUED:
                row.retry_at, row.failures = 0.0, 0
            else:
                raise NotPossibleError(
                    f"job {job_id} is {row.state}, there is nothing to try again", remedy="See txs show"
                )
            return JobState(row.state)

    def pause(self, chain_id: int, reason: str = "by the operator") -> None:
        """Sign nothing new on a chain; what is in flight is followed, sent again and replaced all the same."""
        with Session(self._engine) as session, session.begin():
            session.merge(PauseRow(chain_id=chain_id, paused_at=self._clock(), reason=reason))

    def resume(self, chain_id: int) -> None:
        """End a pause; nothing happens when there is none."""
        with Session(self._engine) as session, session.begin():
            row = session.get(PauseRow, chain_id)
            if row is not None:
                session.delete(row)

    def paused(self) -> dict[int, str]:
        """Paused chains' ids with the reason."""
        with Session(self._engine.execution_options(reads_only=True)) as session:
            return {row.chain_id: row.reason for row in session.scalars(select(PauseRow))}


def _job(session: Session, job_id: int) -> JobRow:
    row = session.get(JobRow, job_id)
    if row is None:
        raise UnknownJobError(f"there is no job {job_id}", remedy="veristake relayer txs list shows them")
    if row.batch_id is not None:
        # in the same order as the writer, which goes from a batch to its jobs
        locked(session, row.batch_id)
    return locked(session, job_id)


def _transaction_of(session: Session, row: JobRow) -> JobRow:
    """The job that has the transaction which makes a job's call."""
    return row if row.batch_id is None else locked(session, row.batch_id)
