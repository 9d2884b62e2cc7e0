"""What leaves the outbox: immutable copies of rows."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.crypto import keccak

from relayer.fees import Fees
from relayer.finality import BlockReference
from relayer.nonces import Nonce
from relayer.outbox.models import AttemptRow, JobRow
from relayer.states import AttemptKind, JobState
from statements.job import JobKind
from statements.quantities import Wei


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
        taken_at: Unix time, seconds.
        expires_at: deadline, Unix time of the chain, None when there is none.
        wish: what the operator wants of its transaction, None when nothing.
        singly: it goes into no batch.
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
    taken_at: float
    expires_at: float | None
    wish: str | None
    singly: bool

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
            taken_at=row.taken_at,
            expires_at=row.expires_at,
            wish=row.wish,
            singly=row.singly,
        )


@dataclass(frozen=True)
class Terms:
    """What a transaction costs at most.

    Attributes:
        fees: per gas.
        gas_limit: units of gas.
        data_fee: for its data on the chain below, wei; 0 but on OP-stack chains.
    """

    fees: Fees
    gas_limit: int
    data_fee: int = 0

    @property
    def worst_cost(self) -> int:
        """Wei that the account must have."""
        return self.gas_limit * self.fees.maximum + self.data_fee


@dataclass(frozen=True)
class AttemptRecord:
    """A signed transaction.

    Attributes:
        id: key in the database.
        job_id: its job, None when it fills a gap.
        kind: what it is for.
        signer: address whose nonce it has.
        nonce: its nonce.
        replacement: how many transactions with this nonce came before it.
        hash: its hash, 0x-hex.
        stored: its bytes as the database has them, 0x-hex; see ``raw``.
        terms: what it costs at most.
        signed_at: Unix time, seconds.
        passed_at_block: head at which its nonce was first found used without a receipt, None when it was not.
    """

    id: int
    job_id: int | None
    kind: AttemptKind
    signer: str
    nonce: Nonce
    replacement: int
    hash: str
    stored: str
    terms: Terms
    signed_at: float
    passed_at_block: int | None

    @classmethod
    def of(cls, row: AttemptRow) -> AttemptRecord:
        """Copy of a row."""
        return cls(
            id=row.id,
            job_id=row.job_id,
            kind=AttemptKind(row.kind),
            signer=row.signer,
            nonce=Nonce(row.nonce),
            replacement=row.replacement,
            hash=row.hash,
            stored=row.raw,
            terms=Terms(
                Fees(Wei(row.maximum_fee), Wei(row.tip), legacy=row.legacy),
                gas_limit=row.gas_limit,
                data_fee=row.data_fee,
            ),
            signed_at=row.signed_at,
            passed_at_block=row.passed_at_block,
        )

    @property
    def raw(self) -> bytes | None:
        """EIP-2718 envelope; None when the stored bytes do not have the hash, so that they must not be sent."""
        return _intact(self.stored, self.hash)


def _intact(raw: str, expected_hash: str) -> bytes | None:
    try:
        decoded = bytes.fromhex(raw.removeprefix("0x"))
    except ValueError:
        return None
    return decoded if "0x" + keccak(decoded).hex() == expected_hash else None
