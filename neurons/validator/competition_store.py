"""Measured entries of competitions, and who leads."""

from __future__ import annotations

import time

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from neurons.validator.competition import is_new_best
from neurons.validator.tables import CircuitAuthorRow, CompetitionEntryRow


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

    def add(self, entry: MeasuredEntry, *, gone: str | None = None, may_lead: bool = True) -> bool:
        """Record a measurement; whether it takes the lead.

        Args:
            entry: what was measured.
            gone: hotkey of a leader that is not there any more, so that its score is no bar.
            may_lead: False for a copy of another miner's circuit, or one that is too far off.
        """
        with Session(self._engine) as session, session.begin():
            leader = _leader(session, entry.competition)
            best = None if leader is None or leader.hotkey == gone else leader.score
            leads = may_lead and is_new_best(entry.score, best)
            session.add(CompetitionEntryRow(**entry.model_dump(), at=time.time(), is_best=leads))
            if session.get(CircuitAuthorRow, (entry.competition, entry.circuit_id)) is None:
                session.add(
                    CircuitAuthorRow(competition=entry.competition, circuit_id=entry.circuit_id, hotkey=entry.hotkey)
                )
            return leads

    def latest(self, competition: str, hotkey: str) -> MeasuredEntry | None:
        """A miner's newest measurement; None before the first."""
        query = select(CompetitionEntryRow).where(
            CompetitionEntryRow.competition == competition, CompetitionEntryRow.hotkey == hotkey
        )
        with Session(self._engine) as session:
            row = session.scalar(query.order_by(CompetitionEntryRow.number.desc()).limit(1))
            return None if row is None else MeasuredEntry.model_validate(row)

    def author(self, competition: str, circuit_id: str) -> str | None:
        """Hotkey of the miner of which a circuit was measured first; None before."""
        with Session(self._engine) as session:
            row = session.get(CircuitAuthorRow, (competition, circuit_id))
            return None if row is None else row.hotkey

    def last_measured(self, competition: str, hotkey: str, circuit_id: str) -> float | None:
        """When a miner's circuit was last measured rightly, Unix time in seconds; None before the first time."""
        query = select(func.max(CompetitionEntryRow.at)).where(
            CompetitionEntryRow.competition == competition,
            CompetitionEntryRow.hotkey == hotkey,
            CompetitionEntryRow.circuit_id == circuit_id,
        )
        with Session(self._engine) as session:
            return session.scalar(query)

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
