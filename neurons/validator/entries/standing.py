"""What a miner entered into each competition, and what came of it, in words."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import Engine

from neurons.validator.awards import LEAD_MEANINGS, Award
from neurons.validator.competition_store import CompetitionStore, MeasuredEntry
from neurons.validator.entries.faults import MEANINGS
from neurons.validator.entries.store import CheckedEntry, EntryStore


class EntryStanding(BaseModel):
    """A miner's standing in one competition.

    Attributes:
        competition: its id.
        checked: the circuit of its own that was checked last; None when none was.
        measured: its newest measurement; None before the first.
        award: what the competition offers now, and to whom.
        leads: whether this miner leads.
    """

    model_config = ConfigDict(frozen=True)

    competition: str
    checked: CheckedEntry | None
    measured: MeasuredEntry | None
    award: Award
    leads: bool

    def lines(self) -> list[str]:
        """For people."""
        shown = []
        if self.checked is not None:
            circuit = f"{self.competition}: circuit {self.checked.circuit_id[:12]}…"
            fault = self.checked.fault
            reason = "its key is the one that its network gives"
            if fault is not None:
                reason = f"refused, {fault}: {MEANINGS[fault]} ({self.checked.detail})"
            shown.append(f"{circuit}: {reason}")
        if self.measured is not None:
            entry = self.measured
            shown.append(
                f"{self.competition}: circuit {entry.circuit_id[:12]}… measured: accuracy {entry.accuracy:.6f}, "
                f"{entry.seconds:.3f} s, score {entry.score:.6f}"
            )
        if self.leads:
            part = f"{self.award.weight_bps / 100:g} % of the weights"
            paid = "gets" if self.award.uid is not None else "does not get"
            shown.append(f"{self.competition}: leads, and {paid} {part}: {LEAD_MEANINGS[self.award.reason]}")
        return shown


def standings(engine: Engine, awards: Iterable[Award], hotkey: str) -> tuple[EntryStanding, ...]:
    """A miner's standing in the competitions that it took part in; blocks.

    Args:
        engine: of the validator's database.
        awards: one for each competition.
        hotkey: the miner.
    """
    checks, measurements = EntryStore(engine), CompetitionStore(engine)
    found = (
        EntryStanding(
            competition=award.competition,
            checked=checks.latest(award.competition, hotkey),
            measured=measurements.latest(award.competition, hotkey),
            award=award,
            leads=award.hotkey == hotkey,
        )
        for award in awards
    )
    return tuple(each for each in found if each.checked is not None or each.measured is not None)
