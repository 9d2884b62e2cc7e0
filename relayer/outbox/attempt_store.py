"""Signed transactions of one (chain, signer): nonce, signature and change of state in one database transaction."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from relayer.keys import SignedTransaction
from relayer.nonces import Nonce, NonceView, next_nonce
from relayer.outbox.batch_members import carry_along
from relayer.outbox.job_store import REVERTED
from relayer.outbox.models import AttemptRow, JobRow
from relayer.outbox.records import AttemptRecord, Terms
from relayer.outbox.transitions import locked, move, queued, record
from relayer.states import IN_FLIGHT, AttemptKind, JobState, check_transition
from statements.job import Job

FILLED = "filled"
"""End of an attempt that fills a gap: its nonce is used for good, by whatever transaction."""


class AttemptStore:
    """Takes nonces, and remembers every transaction that was ever signed with one.

    Args:
        engine: of the state.
        chain_id: EIP-155 id.
        signer: address that pays.
        clock: Unix time, seconds.
    """

    def __init__(self, engine: Engine, *, chain_id: int, signer: str, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._reader = engine.execution_options(reads_only=True)
        self._chain_id = chain_id
        self._signer = signer
        self._clock = clock

    def of_job(self, job_id: int) -> list[AttemptRecord]:
        """Transactions of a job that may still get into a block, oldest first."""
        query = select(AttemptRow).where(AttemptRow.job_id == job_id, AttemptRow.ended.is_(None))
        with Session(self._reader) as session:
            return [AttemptRecord.of(row) for row in session.scalars(query.order_by(AttemptRow.id))]

    def of_sent_jobs(self) -> dict[int, list[AttemptRecord]]:
        """By job, the transactions of sent jobs that may still get into a block, oldest first; of any signer."""
        query = (
            select(AttemptRow)
            .join(JobRow, JobRow.id == AttemptRow.job_id)
            .where(AttemptRow.ended.is_(None), JobRow.chain_id == self._chain_id, JobRow.state == JobState.SENT)
            .order_by(AttemptRow.id)
        )
        found: dict[int, list[AttemptRecord]] = defaultdict(list)
        with Session(self._reader) as session:
            for row in session.scalars(query):
                if row.job_id is not None:
                    found[row.job_id].append(AttemptRecord.of(row))
        return found

    def fillers(self) -> list[AttemptRecord]:
        """Self-sends in gaps whose nonce is not used for good yet."""
        with Session(self._reader) as session:
            rows = session.scalars(
                self._mine().where(AttemptRow.job_id.is_(None), AttemptRow.ended.is_(None)).order_by(AttemptRow.id)
            )
            return [AttemptRecord.of(row) for row in rows]

    def reverts(self, job_id: int) -> int:
        """How many transactions of a job were reverted in a block, each at our cost."""
        query = select(func.count()).where(AttemptRow.job_id == job_id, AttemptRow.ended == REVERTED)
        with Session(self._reader) as session:
            return session.scalar(query) or 0

    def stored_nonces(self, at_least: int) -> set[int]:
        """Nonces from ``at_least`` on that ever carried a transaction of this account."""
        with Session(self._reader) as session:
            return self._stored(session, at_least)

    def open_nonces(self, at_least: int) -> set[int]:
        """Those of them with a transaction that may still get into a block."""
        query = self._mine().where(AttemptRow.nonce >= at_least, AttemptRow.ended.is_(None))
        with Session(self._reader) as session:
            return {row.nonce for row in session.scalars(query)}

    def reserved(self) -> int:
        """Worst cost of the transactions in flight, wei; of those with one nonce only the dearest counts."""
        query = (
            select(AttemptRow.nonce, AttemptRow.gas_limit, AttemptRow.maximum_fee, AttemptRow.data_fee)
            .join(JobRow, JobRow.id == AttemptRow.job_id)
            .where(AttemptRow.chain_id == self._chain_id, AttemptRow.signer == self._signer)
            .where(AttemptRow.ended.is_(None), JobRow.state == JobState.SENT)
        )
        by_nonce: dict[int, int] = {}
        with Session(self._reader) as session:
            # multiplied here: the products exceed the database's integers
            for nonce, gas, fee, data_fee in session.execute(query):
                by_nonce[nonce] = max(by_nonce.get(nonce, 0), gas * fee + data_fee)
        return sum(by_nonce.values())

    def signers(self) -> set[str]:
        """Addresses whose transactions of this chain are in flight: more than one after a change of the key."""
        query = (
            select(AttemptRow.signer)
            .join(JobRow, JobRow.id == AttemptRow.job_id)
            .where(AttemptRow.ended.is_(None), JobRow.chain_id == self._chain_id, JobRow.state.in_(IN_FLIGHT))
            .distinct()
        )
        with Session(self._reader) as session:
            return {self._signer, *session.scalars(query)}

    def store_first(
        self,
        job_id: int,
        *,
        nonces: NonceView,
        terms: Terms,
        chain_time: float,
        sign: Callable[[Nonce], SignedTransaction],
    ) -> AttemptRecord:
        """Take a nonce, sign, store the signed transaction and move the job to SENT: all or nothing.

        Only then may it be sent. When the process dies in between, the stored transaction is sent after the restart;
        when signing fails, no nonce is lost.
        """
        with Session(self._engine) as session, session.begin():
            job = locked(session, job_id)
            row = self._first(session, job, nonces=nonces, terms=terms, chain_time=chain_time, sign=sign)
            return AttemptRecord.of(row)

    def store_batch(
        self,
        batch: Job,
        members: Sequence[int],
        *,
        nonces: NonceView,
        terms: Terms,
        chain_time: float,
        sign: Callable[[Nonce], SignedTransaction],
    ) -> AttemptRecord:
        """The same for a batch, which is a new job, and all jobs whose calls it makes.

        Args:
            batch: makes the calls.
            members: ids of the jobs, in the order of their calls.
            nonces: of the chain.
            terms: of the transaction.
            chain_time: of the newest block, Unix time, seconds.
            sign: signs it.

        Raises:
            IllegalTransitionError: one of the jobs is not queued any more; nothing was changed.
        """
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            rows = [locked(session, job_id) for job_id in members]
            for row in rows:
                check_transition(JobState(row.state), JobState.SENT)
            deadlines = [row.expires_at for row in rows if row.expires_at is not None]
            whole = queued(batch, inference_id=None, depends_on=None, expires_at=min(deadlines, default=None), now=now)
            session.add(whole)
            session.flush()
            record(session, whole, old=None, at=now, reason=f"jobs {', '.join(map(str, members))} in one transaction")
            attempt = self._first(session, whole, nonces=nonces, terms=terms, chain_time=chain_time, sign=sign)
            for row in rows:
                row.batch_id = whole.id
            carry_along(session, whole, at=now, reason=f"nonce {attempt.nonce}, transaction {attempt.hash}")
            return AttemptRecord.of(attempt)

    def _first(
        self,
        session: Session,
        job: JobRow,
        *,
        nonces: NonceView,
        terms: Terms,
        chain_time: float,
        sign: Callable[[Nonce], SignedTransaction],
    ) -> AttemptRow:
        now, stored = self._clock(), self._stored(session, nonces.latest)
        nonce = next_nonce(latest=nonces.latest, pending=nonces.pending, stored=stored)
        signed = sign(nonce)
        row = self._add(
            session, signed, job_id=job.id, kind=AttemptKind.CALL, nonce=nonce, terms=terms, chain_time=chain_time
        )
        move(session, job, JobState.SENT, at=now, reason=f"nonce {nonce}, transaction {signed.hash}")
        job.transaction, job.sent_at = signed.hash, now
        session.flush()
        return row

    def store_replacement(
        self,
        old: AttemptRecord,
        *,
        kind: AttemptKind,
        terms: Terms,
        chain_time: float,
        sign: Callable[[Nonce], SignedTransaction],
    ) -> AttemptRecord:
        """Sign and store another transaction with the nonce of ``old``, which may still be the one that gets in.

        Raises:
            LookupError: the job has left SENT meanwhile.
        """
        with Session(self._engine) as session, session.begin():
            if old.job_id is not None:
                job = locked(session, old.job_id)
                if job.state != JobState.SENT:
                    raise LookupError(f"job {job.id} is {job.state}")
                job.wish, job.error = None, None
            signed = sign(old.nonce)
            row = self._add(
                session,
                signed,
                job_id=old.job_id,
                kind=kind,
                nonce=old.nonce,
                terms=terms,
                chain_time=chain_time,
                replacement=old.replacement + 1,
            )
            session.flush()
            return AttemptRecord.of(row)

    def store_filler(
        self, nonce: Nonce, *, terms: Terms, chain_time: float, sign: Callable[[Nonce], SignedTransaction]
    ) -> AttemptRecord:
        """Sign and store a self-send with a nonce that nobody uses."""
        with Session(self._engine) as session, session.begin():
            highest = session.scalar(
                select(func.max(AttemptRow.replacement)).where(
                    AttemptRow.chain_id == self._chain_id, AttemptRow.signer == self._signer, AttemptRow.nonce == nonce
                )
            )
            row = self._add(
                session,
                sign(nonce),
                job_id=None,
                kind=AttemptKind.FILL,
                nonce=nonce,
                terms=terms,
                chain_time=chain_time,
                replacement=0 if highest is None else highest + 1,
            )
            session.flush()
            return AttemptRecord.of(row)

    def filled(self, attempt: AttemptRecord) -> None:
        """The nonce of a filler is used for good."""
        with Session(self._engine) as session, session.begin():
            session.get_one(AttemptRow, attempt.id).ended = FILLED

    def nonce_passed(self, attempt: AttemptRecord, at_block: int | None) -> None:
        """Remember at which head an attempt's nonce was found used without a receipt; None when it is free again."""
        with Session(self._engine) as session, session.begin():
            session.get_one(AttemptRow, attempt.id).passed_at_block = at_block

    def _mine(self) -> Select[AttemptRow]:
        return select(AttemptRow).where(AttemptRow.chain_id == self._chain_id, AttemptRow.signer == self._signer)

    def _stored(self, session: Session, at_least: int) -> set[int]:
        query = select(AttemptRow.nonce).where(
            AttemptRow.chain_id == self._chain_id, AttemptRow.signer == self._signer, AttemptRow.nonce >= at_least
        )
        return set(session.scalars(query))

    def _add(
        self,
        session: Session,
        signed: SignedTransaction,
        *,
        job_id: int | None,
        kind: AttemptKind,
        nonce: Nonce,
        terms: Terms,
        chain_time: float,
        replacement: int = 0,
    ) -> AttemptRow:
        row = AttemptRow(
            job_id=job_id,
            kind=kind,
            chain_id=self._chain_id,
            signer=self._signer,
            nonce=nonce,
            replacement=replacement,
            hash=signed.hash,
            raw="0x" + signed.raw.hex(),
            gas_limit=terms.gas_limit,
            maximum_fee=terms.fees.maximum,
            tip=terms.fees.tip,
            data_fee=terms.data_fee,
            legacy=terms.fees.legacy,
            signed_at=self._clock(),
            chain_time=chain_time,
        )
        session.add(row)
        return row
