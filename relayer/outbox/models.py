"""Tables. Times are Unix seconds; wei and gas are integers; bytes are 0x-hex."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_BIG_KEY = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only INTEGER primary keys."""


class Base(DeclarativeBase):
    """Root of the tables; names of constraints are the same on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ChainRow(Base):
    """Which chain the state belongs to: a chain id alone does not tell two local chains apart."""

    __tablename__ = "chains"
    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    genesis_hash: Mapped[str] = mapped_column(String(66))


class PauseRow(Base):
    """A chain on which the operator has stopped new transactions; what is in flight is followed all the same."""

    __tablename__ = "pauses"
    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    paused_at: Mapped[float] = mapped_column(Float(53))
    reason: Mapped[str] = mapped_column(Text)


class SourceRow(Base):
    """How far a validator's feed has been read."""

    __tablename__ = "sources"
    hotkey: Mapped[str] = mapped_column(String(64), primary_key=True)
    cursor: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[float] = mapped_column(Float(53))


class InferenceRow(Base):
    """A verified publication: each source has one say per statement."""

    __tablename__ = "inferences"
    __table_args__ = (UniqueConstraint("statement_id", "source"), Index(None, "model_id", "asset", "epoch"))
    id: Mapped[int] = mapped_column(_BIG_KEY, primary_key=True)
    statement_id: Mapped[str] = mapped_column(String(66))
    source: Mapped[str] = mapped_column(String(64))
    cursor: Mapped[int] = mapped_column(BigInteger)
    circuit_id: Mapped[str] = mapped_column(String(66))
    model_id: Mapped[str] = mapped_column(String(66))
    asset: Mapped[str] = mapped_column(String(42))
    epoch: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[float] = mapped_column(Float(53))
    taken_at: Mapped[float] = mapped_column(Float(53))
    publication: Mapped[str] = mapped_column(Text)


class JobRow(Base):
    """One thing to get on one chain; ``key`` makes it unique."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "chain_id", "state", "retry_at"),
        # holds all that counts and sums ask for: rows with their calldata are not read
        Index("ix_jobs_counted", "chain_id", "kind", "state", "gas_used", "effective_gas_price", "data_fee"),
    )
    id: Mapped[int] = mapped_column(_BIG_KEY, primary_key=True)
    key: Mapped[str] = mapped_column(String(128), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    statement_id: Mapped[str] = mapped_column(String(66), index=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    target: Mapped[str] = mapped_column(String(42))
    calldata: Mapped[str] = mapped_column(Text)
    inference_id: Mapped[int | None] = mapped_column(ForeignKey("inferences.id"))
    """The publication that it came from; None for a job that came from none, such as an observation."""
    depends_on: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"), index=True)
    """The job whose transaction makes its call; None for one with a transaction of its own."""
    singly: Mapped[bool] = mapped_column(Boolean, default=False)
    """A batch that made its call came to nothing: it is not put into another one."""
    state: Mapped[str] = mapped_column(String(24))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    retry_at: Mapped[float] = mapped_column(Float(53), default=0.0)
    expires_at: Mapped[float | None] = mapped_column(Float(53))
    """Deadline by the time of the chain's blocks, None when there is none: from then on it is called off."""
    wish: Mapped[str | None] = mapped_column(String(16))
    """What the operator wants of a transaction in flight: ``bump`` or ``cancel``."""
    error: Mapped[str | None] = mapped_column(Text)
    transaction: Mapped[str | None] = mapped_column("transaction_hash", String(66))
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    block_hash: Mapped[str | None] = mapped_column(String(66))
    gas_used: Mapped[int | None] = mapped_column(BigInteger)
    effective_gas_price: Mapped[int | None] = mapped_column(BigInteger)
    data_fee: Mapped[int | None] = mapped_column(BigInteger)
    """What its data cost on the chain below, wei; None until it is in a block."""
    taken_at: Mapped[float] = mapped_column(Float(53))
    sent_at: Mapped[float | None] = mapped_column(Float(53))
    included_at: Mapped[float | None] = mapped_column(Float(53))
    finalized_at: Mapped[float | None] = mapped_column(Float(53))


class AttemptRow(Base):
    """A signed transaction. ``replacement`` counts those with one nonce; all of them belong to one job, or to none."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("chain_id", "signer", "nonce", "replacement"),
        Index(None, "chain_id", "signer", "ended"),
        Index("ix_attempts_chain_time", "chain_id", "signer", "chain_time"),
    )
    id: Mapped[int] = mapped_column(_BIG_KEY, primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"), index=True)
    """None for one that fills a gap between nonces."""
    kind: Mapped[str] = mapped_column(String(16), default="call")
    """``call``: what the job wants; ``cancel``: a self-send in its place; ``fill``: a self-send in a gap."""
    chain_id: Mapped[int] = mapped_column(BigInteger)
    signer: Mapped[str] = mapped_column(String(42))
    nonce: Mapped[int] = mapped_column(BigInteger)
    replacement: Mapped[int] = mapped_column(Integer, default=0)
    hash: Mapped[str] = mapped_column(String(66), unique=True)
    raw: Mapped[str] = mapped_column(Text)
    gas_limit: Mapped[int] = mapped_column(BigInteger)
    maximum_fee: Mapped[int] = mapped_column(BigInteger)
    tip: Mapped[int] = mapped_column(BigInteger)
    data_fee: Mapped[int] = mapped_column(BigInteger, default=0)
    """Fee for the data on the chain below, wei; 0 but on OP-stack chains."""
    legacy: Mapped[bool] = mapped_column(Boolean, default=False)
    """It has a gas price (``maximum_fee`` = ``tip``) in place of EIP-1559 fees."""
    signed_at: Mapped[float] = mapped_column(Float(53))
    chain_time: Mapped[float] = mapped_column(Float(53))
    """Time of the newest block when it was signed: budgets go by the chain's time."""
    passed_at_block: Mapped[int | None] = mapped_column(BigInteger)
    """Head at which its nonce was first found used although no endpoint had a receipt."""
    gas_used: Mapped[int | None] = mapped_column(BigInteger)
    """With the next two, what it cost without making its call: reverted, or a self-send. None: it did, or unknown."""
    effective_gas_price: Mapped[int | None] = mapped_column(BigInteger)
    paid_data_fee: Mapped[int | None] = mapped_column(BigInteger)
    ended: Mapped[str | None] = mapped_column(String(16))
    """``reverted``, ``lost`` or ``replaced``: it will not be sent again."""


class EventRow(Base):
    """Audit: every change of a job's state."""

    __tablename__ = "job_events"
    id: Mapped[int] = mapped_column(_BIG_KEY, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), index=True)
    at: Mapped[float] = mapped_column(Float(53))
    old: Mapped[str | None] = mapped_column("from_state", String(24))
    new: Mapped[str] = mapped_column("to_state", String(24))
    reason: Mapped[str] = mapped_column(Text)
