"""The one place where a job's state changes: checked against the table, written to the audit trail, logged."""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from relayer.outbox.models import EventRow, JobRow
from relayer.states import JobState, check_transition
from statements.job import Job

log = structlog.get_logger(__name__)


def locked(session: Session, job_id: int) -> JobRow:
    """The job, read anew and locked until the transaction ends: of two writers the second sees what the first did.

    SQLite needs no row lock: its transactions take the whole database from their beginning.
    """
    return session.get_one(JobRow, job_id, with_for_update=True, populate_existing=True)


def queued(
    job: Job, *, inference_id: int | None, depends_on: int | None, expires_at: float | None, now: float
) -> JobRow:
    """A job's row as it begins, not stored yet.

    Args:
        job: what is to be done.
        inference_id: row of the publication that gives it; None for one that no publication gives.
        depends_on: row of the job that it waits for.
        expires_at: Unix time after which it is in vain, seconds; None for never.
        now: Unix time, seconds.
    """
    return JobRow(
        key=job.key,
        kind=job.kind,
        statement_id=job.statement_id,
        chain_id=job.chain_id,
        target=job.target,
        calldata=job.calldata,
        inference_id=inference_id,
        depends_on=depends_on,
        state=JobState.QUEUED,
        singly=False,
        failures=0,
        retry_at=0.0,
        expires_at=expires_at,
        taken_at=now,
    )


def move(session: Session, row: JobRow, new: JobState, *, at: float, reason: str) -> None:
    """Change a job's state within the caller's database transaction.

    Args:
        session: of the caller.
        row: the job.
        new: its next state.
        at: Unix time, seconds.
        reason: for the audit trail.

    Raises:
        IllegalTransitionError: the table does not have this change.
    """
    old = JobState(row.state)
    check_transition(old, new)
    row.state = new
    row.failures, row.retry_at, row.error, row.wish = 0, 0.0, None, None
    record(session, row, old=old, at=at, reason=reason)


def record(session: Session, row: JobRow, *, old: JobState | None, at: float, reason: str) -> None:
    """Write the state that a job has just got to the audit trail."""
    session.add(EventRow(job_id=row.id, at=at, old=old, new=row.state, reason=reason))
    log.info(
        "job_state",
        job=row.id,
        kind=row.kind,
        chain_id=row.chain_id,
        statement=row.statement_id,
        old=old,
        new=row.state,
        reason=reason,
    )
