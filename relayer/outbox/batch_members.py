"""The jobs of a batch go where its transaction goes, in the same database transaction; when it fails they are free."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from relayer.outbox.models import JobRow
from relayer.outbox.transitions import move
from relayer.states import TRANSITIONS, JobState
from statements.job import JobKind

log = structlog.get_logger(__name__)

CANCEL = "cancel"


def carry_along(session: Session, batch: JobRow, *, at: float, reason: str) -> None:
    """Bring the jobs of a batch to its state, block and transaction; nothing happens for a job that is none.

    Gas and price stay with the batch, so that they are counted once. A job that has gone elsewhere stays there: it
    must not hold up the others.

    Args:
        session: of the caller.
        batch: whose state has just changed.
        at: Unix time, seconds.
        reason: of that change.
    """
    for row in _members(session, batch):
        if batch.state not in TRANSITIONS[JobState(row.state)]:
            _log_astray(row, batch)
            continue
        move(session, row, JobState(batch.state), at=at, reason=f"batch job {batch.id}: {reason}")
        row.transaction, row.sent_at = batch.transaction, batch.sent_at
        row.block_number, row.block_hash = batch.block_number, batch.block_hash
        row.included_at, row.finalized_at = batch.included_at, batch.finalized_at


def give_up_batch(session: Session, batch: JobRow, *, at: float, reason: str) -> None:
    """QUEUED → REJECTED for a batch whose transaction came to nothing; its jobs are tried singly."""
    if batch.kind != JobKind.BATCH:
        return
    ended = f"{reason}; its jobs are tried singly"
    move(session, batch, JobState.REJECTED, at=at, reason=ended)
    batch.error = ended
    set_free(session, batch, at=at, reason=reason)


def set_free(session: Session, batch: JobRow, *, at: float, reason: str) -> None:
    """SENT → QUEUED for the jobs of a batch that has ended, and → CANCELLED for those that the operator called off."""
    for row in _members(session, batch):
        cancelled = row.wish == CANCEL
        row.batch_id, row.singly = None, True
        if row.state != JobState.SENT:
            _log_astray(row, batch)
            continue
        move(session, row, JobState.QUEUED, at=at, reason=f"batch job {batch.id}: {reason}")
        row.transaction, row.sent_at = None, None
        clear_block(row)
        if cancelled:
            row.error = "cancelled by the operator"
            move(session, row, JobState.CANCELLED, at=at, reason=row.error)


def clear_block(row: JobRow) -> None:
    """Forget the block of a job."""
    row.block_number, row.block_hash, row.included_at = None, None, None
    row.gas_used, row.effective_gas_price, row.data_fee = None, None, None


def _log_astray(row: JobRow, batch: JobRow) -> None:
    log.error("batch_member_astray", job=row.id, state=row.state, batch=batch.id, batch_state=batch.state)


def _members(session: Session, batch: JobRow) -> Sequence[JobRow]:
    if batch.kind != JobKind.BATCH:
        return ()
    session.flush()
    query = select(JobRow).where(JobRow.batch_id == batch.id).order_by(JobRow.id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
