"""The outbox as the writer of one chain sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, aliased

from relayer.backoff import backoff_seconds
from relayer.chain import Receipt
from relayer.fees import Fees
from relayer.finality import BlockReference
from relayer.keys import SignedTransaction
from relayer.nonces import Nonce, next_nonce
from relayer.outbox.models import AttemptRow, ChainRow, JobRow
from relayer.outbox.records import AttemptRecord, JobRecord
from relayer.outbox.transitions import locked, move
from relayer.states import EFFECTIVE, IN_FLIGHT, JobState
from statements.errors import ConfigurationError

REVERTED = "reverted"
"""End of an attempt: its block reverted it."""
LOST = "lost"
"""End of an attempt: its nonce went to another transaction for good."""


@dataclass(frozen=True)
class NonceView:
    """What the chain says about an account's nonces.

    Attributes:
        latest: transactions in blocks.
        pending: the same with the mempool.
    """

    latest: int
    pending: int


class JobStore:
    """Jobs and attempts of one (chain, signer). Transactions are short: callers need no thread for them.

    Args:
        engine: of the state.
        chain_id: EIP-155 id.
        signer: address that pays.
        clock: Unix time, seconds.
    """

    def __init__(self, engine: Engine, *, chain_id: int, signer: str, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._chain_id = chain_id
        self._signer = signer
        self._clock = clock

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
        ready = EFFECTIVE | {JobState.REJECTED}
        query = (
            select(JobRow)
            .outerjoin(dependency, dependency.id == JobRow.depends_on)
            .where(JobRow.chain_id == self._chain_id, JobRow.state == JobState.QUEUED)
            .where(JobRow.retry_at <= self._clock())
            .where(JobRow.depends_on.is_(None) | dependency.state.in_(ready))
            .order_by(JobRow.id)
            .limit(limit)
        )
        with Session(self._engine) as session:
            return [JobRecord.of(row) for row in session.scalars(query)]

    def in_flight(self) -> list[JobRecord]:
        """Jobs that are followed on the chain, oldest first."""
        query = select(JobRow).where(JobRow.chain_id == self._chain_id, JobRow.state.in_(IN_FLIGHT))
        with Session(self._engine) as session:
            return [JobRecord.of(row) for row in session.scalars(query.order_by(JobRow.id))]

    def state_of(self, job_id: int) -> JobState:
        """Where a job is."""
        with Session(self._engine) as session:
            return JobState(session.get_one(JobRow, job_id).state)

    def attempts(self, job_id: int) -> list[AttemptRecord]:
        """Transactions of a job that may still get into a block, oldest first."""
        query = select(AttemptRow).where(AttemptRow.job_id == job_id, AttemptRow.ended.is_(None))
        with Session(self._engine) as session:
            return [AttemptRecord.of(row) for row in session.scalars(query.order_by(AttemptRow.nonce))]

    def reverts(self, job_id: int) -> int:
        """How many transactions of a job were reverted in a block, each at our cost."""
        query = select(func.count()).where(AttemptRow.job_id == job_id, AttemptRow.ended == REVERTED)
        with Session(self._engine) as session:
            return session.scalar(query) or 0

    def stored_nonces(self, at_least: int) -> set[int]:
        """Nonces from ``at_least`` on that ever carried a transaction of this account."""
        with Session(self._engine) as session:
            return _stored_nonces(session, self._chain_id, self._signer, at_least)

    def reserved(self) -> int:
        """Worst cost of the transactions in flight, wei."""
        query = (
            select(AttemptRow.gas_limit, AttemptRow.maximum_fee)
            .join(JobRow, JobRow.id == AttemptRow.job_id)
            .where(AttemptRow.chain_id == self._chain_id, AttemptRow.signer == self._signer)
            .where(AttemptRow.ended.is_(None), JobRow.state == JobState.SENT)
        )
        with Session(self._engine) as session:
            # summed here: the products exceed the database's integers
            return sum(gas * fee for gas, fee in session.execute(query))

    def store_attempt(
        self,
        job_id: int,
        *,
        nonces: NonceView,
        fees: Fees,
        gas_limit: int,
        sign: Callable[[Nonce], SignedTransaction],
    ) -> AttemptRecord:
        """Take a nonce, sign, store the signed transaction and move the job to SENT: all or nothing.

        Only then may it be sent. When the process dies in between, the stored transaction is sent after the restart;
        when signing fails, no nonce is lost.
        """
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            stored = _stored_nonces(session, self._chain_id, self._signer, nonces.latest)
            nonce = next_nonce(latest=nonces.latest, pending=nonces.pending, stored=stored)
            signed = sign(nonce)
            row = AttemptRow(
                job_id=job_id,
                chain_id=self._chain_id,
                signer=self._signer,
                nonce=nonce,
                replacement=0,
                hash=signed.hash,
                raw="0x" + signed.raw.hex(),
                gas_limit=gas_limit,
                maximum_fee=fees.maximum,
                tip=fees.tip,
                signed_at=now,
            )
            session.add(row)
            job = locked(session, job_id)
            move(session, job, JobState.SENT, at=now, reason=f"nonce {nonce}, transaction {signed.hash}")
            job.transaction, job.sent_at = signed.hash, now
            session.flush()
            return AttemptRecord.of(row)

    def postpone(self, job: JobRecord, error: str) -> float:
        """Let a queued job wait before its next try; returns for how long, seconds."""
        wait = backoff_seconds(job.failures + 1)
        with Session(self._engine) as session, session.begin():
            row = locked(session, job.id)
            row.failures, row.error, row.retry_at = job.failures + 1, error, self._clock() + wait
        return wait

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
            move(session, row, JobState.INCLUDED, at=now, reason=f"in block {receipt.block.number}")
            _set_block(row, receipt.block)
            row.transaction, row.included_at = attempt.hash, now
            row.gas_used, row.effective_gas_price = receipt.gas_used, receipt.effective_gas_price
            session.get_one(AttemptRow, attempt.id).passed_at_block = None

    def settled(self, job_id: int, new: JobState, reason: str) -> None:
        """INCLUDED → FINALIZED, or SEEN_ON_CHAIN → ALREADY_ON_CHAIN."""
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            move(session, row, new, at=now, reason=reason)
            row.finalized_at = now

    def reorganised(self, job_id: int, new: JobState, reason: str) -> None:
        """INCLUDED → SENT, or SEEN_ON_CHAIN → QUEUED: the block is gone."""
        with Session(self._engine) as session, session.begin():
            row = locked(session, job_id)
            move(session, row, new, at=self._clock(), reason=reason)
            _clear_block(row)

    def attempt_ended(self, job_id: int, attempt: AttemptRecord, ended: str, reason: str) -> None:
        """SENT → QUEUED: the transaction reverted in its block, or its nonce went to another for good."""
        with Session(self._engine) as session, session.begin():
            session.get_one(AttemptRow, attempt.id).ended = ended
            row = locked(session, job_id)
            move(session, row, JobState.QUEUED, at=self._clock(), reason=reason)
            row.transaction = None
            _clear_block(row)

    def nonce_passed(self, attempt: AttemptRecord, at_block: int | None) -> None:
        """Remember at which head an attempt's nonce was found used without a receipt; None when it is free again."""
        with Session(self._engine) as session, session.begin():
            session.get_one(AttemptRow, attempt.id).passed_at_block = at_block


def _stored_nonces(session: Session, chain_id: int, signer: str, at_least: int) -> set[int]:
    query = select(AttemptRow.nonce).where(
        AttemptRow.chain_id == chain_id, AttemptRow.signer == signer, AttemptRow.nonce >= at_least
    )
    return set(session.scalars(query))


def _set_block(row: JobRow, block: BlockReference) -> None:
    row.block_number, row.block_hash = block.number, block.hash


def _clear_block(row: JobRow) -> None:
    row.block_number, row.block_hash, row.included_at = None, None, None
    row.gas_used, row.effective_gas_price = None, None
