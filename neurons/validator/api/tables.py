"""Tables of the API in the validator's database; neurons/migrations makes them, a test compares the two."""

from __future__ import annotations

from sqlalchemy import Float, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from neurons.validator.tables import Base


class QueryRow(Base):
    """A query, stored before anybody is asked."""

    __tablename__ = "api_queries"
    __table_args__ = (
        UniqueConstraint("caller", "idempotency_key"),
        Index("ix_api_queries_state", "state", "state_since"),
    )

    query_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    caller: Mapped[str] = mapped_column(String(80))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(66))
    circuit_id: Mapped[str] = mapped_column(String(66))
    inputs: Mapped[str] = mapped_column(Text)
    received_at: Mapped[float] = mapped_column(Float)
    deadline_at: Mapped[float] = mapped_column(Float, index=True)
    state: Mapped[str] = mapped_column(String(16))
    state_since: Mapped[float] = mapped_column(Float)
    times_asked: Mapped[int] = mapped_column(Integer)
    result: Mapped[str | None] = mapped_column(Text)
    failure: Mapped[str | None] = mapped_column(Text)


class AccessKeyRow(Base):
    """Who may call, and how much; of a secret only its hash."""

    __tablename__ = "api_keys"

    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    secret_hash: Mapped[str | None] = mapped_column(String(66))
    hotkey: Mapped[str | None] = mapped_column(String(64), unique=True)
    requests_per_second: Mapped[float] = mapped_column(Float)
    request_burst: Mapped[int] = mapped_column(Integer)
    queries_per_hour: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[float] = mapped_column(Float)
    revoked_at: Mapped[float | None] = mapped_column(Float)


class QuotaRow(Base):
    """How far a caller's hourly quota of queries is used up."""

    __tablename__ = "api_quotas"

    caller: Mapped[str] = mapped_column(String(80), primary_key=True)
    full_at: Mapped[float] = mapped_column(Float)
