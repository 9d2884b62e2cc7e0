"""The outbox as the writer of one chain sees it."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session, aliased

from relayer.backoff import LONGEST_SECONDS, backoff_seconds
from relayer.chain_data import Receipt
from relayer.finality import BlockReference
from relayer.outbox.batch_members import carry_along, clear_block, give_up_batch, set_free
from relayer.outbox.models import AttemptRow, ChainRow, JobRow, PauseRow
from relayer.outbox.records import AttemptRecord, JobRecord
from relayer.outbox.transitions import locked, move
from relayer.states import EFFECTIVE, GIVEN_UP, IN_FLIGHT, JobState
from statements.errors import ConfigurationError

REVERTED = "reverted"
"""End of an attempt: its block reverted it."""
LOST = "lost"
"""End of an attempt: its nonce went to another transaction for good."""
REPLACED = "replaced"
"""End of an attempt: another one with its nonce was found in a block."""


class JobStore:
    """Jobs of one chain. Transactions are short: callers need no thread for them.

    Args:
        engine: of the state.
        chain_id: EIP-155 id.
        clock: Unix time, seconds.
    """

    def __init__(self, engine: Engine, *, chain_id: int, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._reader = engine.execution_options(reads_only=True)
        self._chain_id = chain_id
        self._clock = clock

    @property
    def now(self) -> float:
        """Unix time, seconds."""
        return self._clock()

    def claim_chain(self, genesis_hash: str) -> None:
        """Bind this state to the chain, or check that it is the one that it was made for.

        Raises:
            ConfigurationError: the state belongs to another chain with the same id; its nonces would be wrong.
        """
        with Session(self._engine) as session, session.begin():
            row = session.get(ChainRow, self._chain_id)
            if row is None:
                session.add(ChainRow(chain_id=self._chain_id, genesis_hash=genesis_hash))
            elif row.genesis_hash != genesis_hash:
                raise ConfigurationError(
                    f"the state was made for chain {self._chain_id} with genesis {row.genesis_hash}, "
                    f"the endpoint has genesis {genesis_hash}",
                    remedy="Use another state_url for the new chain, or remove the old state",
                )

    def due(self, limit: int) -> list[JobRecord]:
        """Queued jobs whose time has come and whose dependency is on the chain, or will never be; oldest first."""
        dependency = aliased(JobRow)
        # one whose dependency was given up is tried: simulation says whether it can do without
        ready = EFFECTIVE | GIVEN_UP
        now = self._clock()
        query = (
            select(JobRow)
            .outerjoin(dependency, dependency.id == JobRow.depends_on)
            .where(JobRow.chain_id == self._chain_id, JobRow.state == JobState.QUEUED)
            # nothing waits longer than that: a later time is of a clock that was set back
            .where(or_(JobRow.retry_at <= now, JobRow.retry_at > now + LONGEST_SECONDS))
            .where(JobRow.depends_on.is_(None) | dependency.state.in_(ready))
            .order_by(JobRow.id)
            .limit(limit)
        )
        with Session(self._reader) as session:
            return [JobRecord.of(row) for row in session.scalars(query)]

    def in_flight(self) -> list[JobRecord]:
        """Jobs that are followed on the chain, oldest first."""
        # a job of a batch goes where the batch goes
        query = select(JobRow).where(JobRow.chain_id == self._chain_id, JobRow.state.in_(IN_FLIGHT))
        query = query.where(JobRow.batch_id.is_(None))
        with Session(self._reader) as session:
            return [JobRecord.of(row) for row in session.scalars(query.order_by(JobRow.id))]

    def waiting_for(self, job_id: int) -> list[JobRecord]:
        """Queued jobs that depend on another one, oldest first."""
        query = select(JobRow).where(JobRow.depends_on == job_id, JobRow.state == JobState.QUEUED)
        with Session(self._reader) as session:
            return [JobRecord.of(row) for row in session.scalars(query.order_by(JobRow.id))]

    def is_paused(self) -> bool:
        """Whether the operator has stopped new transactions on this chain."""
        with Session(self._reader) as session:
            return session.get(PauseRow, self._chain_id) is not None

    def state_of(self, job_id: int) -> JobState:
        """Where a job is."""
        with Session(self._reader) as session:
            return JobState(session.get_one(JobRow, job_id).state)

    def postpone(self, job: JobRecord, error: str) -> float:
        """Let a queued job wait before its next try; returns for how long, seconds."""
        wait = backoff_seconds(job.failures + 1)
        with Session(self._engine) as session, session.begin():
            row = locked(session, job.id)
            row.failures, row.error, row.retry_at = job.failures + 1, error, self._clock() + wait
        return wait

    def wait(self, job_id: int, seconds: float) -> None:
        """Let a queued job wait for so long, or until it is looked at again, which is at least once a minute."""
        with Session(self._engine) as session, session.begin():
            locked(session, job_id).retry_at = self._clock() + min(seconds, LONGEST_SECONDS)

    def note_error(self, job_id: int, error: str) -> None:
        """What went wrong with a job that goes on."""
        with Session(self._engine) as session, session.begin():
            locked(session, job_id).error = error

    def reject(self, job_id: int, reason: str) -> None:
        """QUEUED → REJECTED."""
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            move(session, row, JobState.REJECTED, at=self._clock(), reason=reason)
            row.error = reason

    def seen(self, job_id: int, block: BlockReference, reason: str) -> None:
        """QUEUED → SEEN_ON_CHAIN."""
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            move(session, row, JobState.SEEN_ON_CHAIN, at=self._clock(), reason=reason)
            _set_block(row, block)

    def included(self, job_id: int, attempt: AttemptRecord, receipt: Receipt) -> None:
        """SENT → INCLUDED."""
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            reason = f"in block {receipt.block.number}"
            move(session, row, JobState.INCLUDED, at=now, reason=reason)
            _set_block(row, receipt.block)
            row.transaction, row.included_at = attempt.hash, now
            row.gas_used, row.effective_gas_price = receipt.gas_used, receipt.effective_gas_price
            row.data_fee = attempt.terms.data_fee if receipt.data_fee is None else receipt.data_fee
            session.get_one(AttemptRow, attempt.id).passed_at_block = None
            carry_along(session, row, at=now, reason=reason)

    def settled(self, job_id: int, new: JobState, reason: str) -> None:
        """INCLUDED → FINALIZED, or SEEN_ON_CHAIN → ALREADY_ON_CHAIN."""
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            move(session, row, new, at=now, reason=reason)
            row.finalized_at = now
            carry_along(session, row, at=now, reason=reason)

    def reorganised(self, job_id: int, new: JobState, reason: str) -> None:
        """INCLUDED → SENT, or SEEN_ON_CHAIN → QUEUED: the block is gone."""
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            move(session, row, new, at=self._clock(), reason=reason)
            clear_block(row)
            carry_along(session, row, at=self._clock(), reason=reason)

    def attempt_ended(
        self, job_id: int, attempt: AttemptRecord, ended: str, reason: str, receipt: Receipt | None = None
    ) -> None:
        """SENT → QUEUED: the transaction reverted in its block, or its nonce went to another for good.

        Args:
            job_id: the job.
            attempt: its transaction.
            ended: ``reverted`` or ``lost``.
            reason: for the audit.
            receipt: of the transaction, None when it is in no block.
        """
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            _end_all(session, job_id, REPLACED)
            session.get_one(AttemptRow, attempt.id).ended = ended
            _set_paid(session, attempt, receipt)
            move(session, row, JobState.QUEUED, at=self._clock(), reason=reason)
            row.transaction = None
            clear_block(row)
            give_up_batch(session, row, at=self._clock(), reason=reason)

    def called_off(
        self, job_id: int, new: JobState, reason: str, landed: tuple[AttemptRecord, Receipt] | None = None
    ) -> None:
        """SENT → CANCELLED or EXPIRED: a self-send took the nonce for good.

        SENT → QUEUED after such a self-send: the call would have failed.

        Args:
            job_id: the job.
            new: its state from now on.
            reason: for the audit.
            landed: the transaction that took the nonce with its receipt, None when it is not one of ours.
        """
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            _end_all(session, job_id, REPLACED)
            move(session, row, new, at=self._clock(), reason=reason)
            row.error = reason
            if landed is not None:
                _set_paid(session, *landed)
            if new is JobState.QUEUED:
                row.transaction = None
                give_up_batch(session, row, at=self._clock(), reason=reason)
            else:
                set_free(session, row, at=self._clock(), reason=reason)

    def expire(self, job_id: int, reason: str) -> bool:
        """QUEUED → EXPIRED; False when the job is not queued any more, so that its transaction decides."""
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            if row.state != JobState.QUEUED:
                return False
            move(session, row, JobState.EXPIRED, at=self._clock(), reason=reason)
            row.error = reason
            return True

    def wish_done(self, job_id: int, error: str | None = None) -> None:
        """The operator's wish was carried out, or cannot be, for which ``error`` is the reason."""
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            row.wish, row.error = None, error


def _end_all(session: Session, job_id: int, ended: str) -> None:
    for row in session.scalars(select(AttemptRow).where(AttemptRow.job_id == job_id, AttemptRow.ended.is_(None))):
        row.ended = ended


def _set_paid(session: Session, attempt: AttemptRecord, receipt: Receipt | None) -> None:
    """Note what a transaction cost that did not make its call."""
    if receipt is None:
        return
    row = session.get_one(AttemptRow, attempt.id)
    row.gas_used, row.effective_gas_price = receipt.gas_used, receipt.effective_gas_price
    row.paid_data_fee = attempt.terms.data_fee if receipt.data_fee is None else receipt.data_fee


def _set_block(row: JobRow, block: BlockReference) -> None:
    row.block_number, row.block_hash = block.number, block.hash
