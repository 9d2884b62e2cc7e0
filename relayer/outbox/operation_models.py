"""Tables of the operation: what the operator asked for, which chains are paused, which direct submissions were made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from relayer.outbox.models import Base

_BIG_KEY = BigInteger().with_variant(Integer, "sqlite")


class RequestRow(Base):
    """Something that an operator wants done to a job; the chain's writer carries it out."""

    __tablename__ = "operator_requests"
    id: Mapped[int] = mapped_column(_BIG_KEY, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    chain_id: Mapped[int] = mapped_column(BigInteger, index=True)
    job_id: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[float] = mapped_column(Float(53))
    made_by: Mapped[str] = mapped_column(String(32))
    done_at: Mapped[float | None] = mapped_column(Float(53))
    outcome: Mapped[str | None] = mapped_column(Text)


class PausedChainRow(Base):
    """A chain on which nothing new is sent; what is in flight is followed."""

    __tablename__ = "paused_chains"
    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    since: Mapped[float] = mapped_column(Float(53))
    reason: Mapped[str] = mapped_column(Text)


class SubmissionKeyRow(Base):
    """A direct submission by its idempotency key, with the answer that it got."""

    __tablename__ = "submission_keys"
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    digest: Mapped[str] = mapped_column(String(66))
    answer: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Float(53))
