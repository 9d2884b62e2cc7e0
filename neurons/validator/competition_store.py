"""Measured entries of competitions, and who leads."""

from __future__ import annotations

import time

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from neurons.validator.competition import is_new_best
from neurons.validator.tables import CompetitionEntryRow


class MeasuredEntry(BaseModel):
    """One measurement of an entry.

    Attributes:
        competition: its id.
        hotkey: the miner.
        circuit_id: circuit that it entered.
        accuracy: against the competition's own model, in [0, 1].
        proof_bytes: length of the proof.
        seconds: from request to complete answer.
        score: in [0, 1].
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    competition: str
    hotkey: str
    circuit_id: str
    accuracy: float
    proof_bytes: int
    seconds: float
    score: float


class CompetitionStore:
    """Remembers measurements. Methods block: call them in a thread. One process writes.

    Args:
        engine: of a migrated database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, entry: MeasuredEntry) -> bool:
        """Record a measurement; whether it takes the lead."""
        with Session(self._engine) as session, session.begin():
            leader = _leader(session, entry.competition)
            leads = is_new_best(entry.score, None if leader is None else leader.score)
            session.add(CompetitionEntryRow(**entry.model_dump(), at=time.time(), is_best=leads))
            return leads

    def leader(self, competition: str) -> MeasuredEntry | None:
        """The measurement that took the lead last; None before the first."""
        with Session(self._engine) as session:
            row = _leader(session, competition)
            return None if row is None else MeasuredEntry.model_validate(row)


def _leader(session: Session, competition: str) -> CompetitionEntryRow | None:
    query = select(CompetitionEntryRow).where(
        CompetitionEntryRow.competition == competition, CompetitionEntryRow.is_best.is_(True)
    )
    return session.scalar(query.order_by(CompetitionEntryRow.number.desc()).limit(1))
