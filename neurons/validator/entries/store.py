"""What came of checking the circuits that miners entered; a refusal is remembered across restarts."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from neurons.validator.entries.faults import EntryFault
from neurons.validator.tables import CheckedEntryRow


class CheckedEntry(BaseModel):
    """The circuit of a miner that was checked last for a competition.

    Attributes:
        competition: its id.
        hotkey: the miner.
        bundle: sha256 of the bundle.
        circuit_id: that was entered.
        checked_at: Unix time, seconds.
        fault: why it is not measured; None when it is.
        detail: one sentence on the fault.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    competition: str
    hotkey: str
    bundle: str
    circuit_id: str
    checked_at: float
    fault: EntryFault | None
    detail: str


class EntryStore:
    """Remembers checks. Methods block: call them in a thread. One process writes.

    Args:
        engine: of a migrated database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def latest(self, competition: str, hotkey: str) -> CheckedEntry | None:
        """The newest check of a miner's entry; None before the first."""
        with Session(self._engine) as session:
            row = session.get(CheckedEntryRow, (competition, hotkey))
            return None if row is None else CheckedEntry.model_validate(row)

    def remember(self, entry: CheckedEntry) -> None:
        """Record a check in place of the miner's earlier one."""
        # EZKL's words may quote names in the miner's network
        detail = "".join(letter if letter.isprintable() else "?" for letter in entry.detail[:1000])
        fields = entry.model_dump() | {"detail": detail}
        with Session(self._engine) as session, session.begin():
            session.merge(CheckedEntryRow(**fields))
