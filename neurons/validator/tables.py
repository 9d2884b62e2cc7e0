"""Tables of the validator; neurons/migrations makes them, a test compares the two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, Index, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite only counts its own INTEGER type up by itself
_COUNTER = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Root of the tables."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


class PublicationRow(Base):
    """One published statement; rows are never changed or removed."""

    __tablename__ = "publications"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads a plain dict here

    cursor: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    statement_id: Mapped[str] = mapped_column(String(66), unique=True)
    published_at: Mapped[float] = mapped_column(Float)
    inference: Mapped[str] = mapped_column(Text)
    attestations: Mapped[str] = mapped_column(Text)


class ScoreRow(Base):
    """A miner's present score."""

    __tablename__ = "scores"

    hotkey: Mapped[str] = mapped_column(String(64), primary_key=True)
    score: Mapped[float] = mapped_column(Float)
    updated_at: Mapped[float] = mapped_column(Float)


class ScoreChangeRow(Base):
    """Why a score is what it is; rows are never changed, and removed by ``neurons.validator.retention`` only."""

    __tablename__ = "score_changes"
    __table_args__ = (
        Index("ix_score_changes_hotkey", "hotkey", "number"),
        Index("ix_score_changes_circuit_id", "circuit_id", "reason", "number"),
        Index("ix_score_changes_statement_id", "statement_id", "hotkey"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    hotkey: Mapped[str] = mapped_column(String(64))
    at: Mapped[float] = mapped_column(Float)
    previous: Mapped[float] = mapped_column(Float)
    score: Mapped[float] = mapped_column(Float)
    reason: Mapped[str] = mapped_column(String(32))
    seconds: Mapped[float | None] = mapped_column(Float)
    statement_id: Mapped[str | None] = mapped_column(String(66))
    kind: Mapped[str | None] = mapped_column(String(16))
    circuit_id: Mapped[str | None] = mapped_column(String(66))
    # a request changes one score once, however often its answer is settled
    nonce: Mapped[str | None] = mapped_column(String(66), index=True, unique=True)
    formula: Mapped[str | None] = mapped_column(String(16))
    figures: Mapped[str | None] = mapped_column(Text)


class OutcomeRow(Base):
    """What came of one request to one miner; rows are never changed, and removed by ``retention`` only."""

    __tablename__ = "outcomes"
    __table_args__ = (
        Index("ix_outcomes_hotkey", "hotkey", "number"),
        Index("ix_outcomes_alike", "hotkey", "circuit_id", "kind", "fault", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    nonce: Mapped[str] = mapped_column(String(66), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    circuit_id: Mapped[str] = mapped_column(String(66))
    hotkey: Mapped[str] = mapped_column(String(64))
    statement_id: Mapped[str | None] = mapped_column(String(66))
    asked_at: Mapped[float] = mapped_column(Float)
    seconds: Mapped[float] = mapped_column(Float)
    fault: Mapped[str | None] = mapped_column(String(32))
    blame: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)


class WeightsSetRow(Base):
    """Weights that were decided, and what came of them."""

    __tablename__ = "weights_sets"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads a plain dict here

    number: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    decided_at: Mapped[float] = mapped_column(Float)
    block: Mapped[int] = mapped_column(BigInteger)
    version_key: Mapped[int] = mapped_column(BigInteger)
    weights: Mapped[str] = mapped_column(Text)
    dry_run: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)
    reveal_round: Mapped[int | None] = mapped_column(BigInteger)
    # of the leaders of competitions, with reasons; absent in rows of older releases
    awards: Mapped[str | None] = mapped_column(Text)
    concluded_at: Mapped[float | None] = mapped_column(Float)


class CompetitionEntryRow(Base):
    """A measured entry of a competition; rows are never changed, and removed by ``retention`` only."""

    __tablename__ = "competition_entries"
    __table_args__ = (
        Index("ix_competition_entries_lead", "competition", "is_best", "number"),
        Index("ix_competition_entries_hotkey", "competition", "hotkey", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    competition: Mapped[str] = mapped_column(String(64))
    hotkey: Mapped[str] = mapped_column(String(64))
    circuit_id: Mapped[str] = mapped_column(String(66))
    at: Mapped[float] = mapped_column(Float)
    accuracy: Mapped[float] = mapped_column(Float)
    proof_bytes: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[float] = mapped_column(Float)
    score: Mapped[float] = mapped_column(Float)
    is_best: Mapped[bool] = mapped_column(Boolean)


class CircuitAuthorRow(Base):
    """Of which miner a circuit was measured first; rows are never changed or removed."""

    __tablename__ = "competition_authors"

    competition: Mapped[str] = mapped_column(String(64), primary_key=True)
    circuit_id: Mapped[str] = mapped_column(String(66), primary_key=True)
    hotkey: Mapped[str] = mapped_column(String(64))


class CheckedEntryRow(Base):
    """The circuit that a miner last had checked for a competition."""

    __tablename__ = "competition_checks"

    competition: Mapped[str] = mapped_column(String(64), primary_key=True)
    hotkey: Mapped[str] = mapped_column(String(64), primary_key=True)
    bundle: Mapped[str] = mapped_column(String(66))
    circuit_id: Mapped[str] = mapped_column(String(66))
    checked_at: Mapped[float] = mapped_column(Float)
    fault: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text)
