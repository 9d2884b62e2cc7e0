"""What leaves the outbox: immutable copies of rows."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.finality import BlockReference
from relayer.outbox.models import AttemptRow, JobRow
from relayer.states import JobState
from statements.job import JobKind


@dataclass(frozen=True)
class JobRecord:
    """A job as the writer of its chain needs it.

    Attributes:
        id: key in the database.
        key: ``chain:kind:statement``.
        statement_id: the statement that it serves.
        target: contract to call.
        calldata: 0x-hex.
        state: where it is.
        depends_on: id of the job that must be on the chain before, None when there is none.
        block: block of its transaction, or at which it was seen on the chain.
        failures: consecutive tries that came to nothing.
    """

    id: int
    key: str
    statement_id: str
    target: str
    calldata: str
    state: JobState
    depends_on: int | None
    block: BlockReference | None
    failures: int

    @property
    def kind(self) -> JobKind:
        """What it does."""
        return JobKind(self.key.split(":")[1])

    @classmethod
    def of(cls, row: JobRow) -> JobRecord:
        """Copy of a row."""
        block = None
        if row.block_number is not None and row.block_hash is not None:
            block = BlockReference(row.block_number, row.block_hash)
        return cls(
            id=row.id,
            key=row.key,
            statement_id=row.statement_id,
            target=row.target,
            calldata=row.calldata,
            state=JobState(row.state),
            depends_on=row.depends_on,
            block=block,
            failures=row.failures,
        )


@dataclass(frozen=True)
class AttemptRecord:
    """A signed transaction of a job.

    Attributes:
        id: key in the database.
        nonce: its nonce.
        hash: its hash, 0x-hex.
        raw: EIP-2718 envelope.
        passed_at_block: head at which its nonce was first found used without a receipt, None when it was not.
    """

    id: int
    nonce: int
    hash: str
    raw: bytes
    passed_at_block: int | None

    @classmethod
    def of(cls, row: AttemptRow) -> AttemptRecord:
        """Copy of a row."""
        return cls(
            id=row.id,
            nonce=row.nonce,
            hash=row.hash,
            raw=bytes.fromhex(row.raw[2:]),
            passed_at_block=row.passed_at_block,
        )
