"""What the validator's database holds, as values."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


Figures = Annotated[dict[str, float | int | str], BeforeValidator(_parsed)]
"""Named figures; a column holds them as JSON."""


def printable(value: Any) -> str:
    """What a miner says, without what PostgreSQL refuses to store (NUL) or a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in str(value))


Detail = Annotated[str, BeforeValidator(printable)]
"""A sentence for a person, in printable characters."""


class ScoreChange(BaseModel):
    """One change of a miner's score.

    Attributes:
        hotkey: the miner.
        previous: score before.
        score: score after.
        reason: ``verified``, or why the answer failed.
        seconds: from request to answer; None when there was no answer.
        statement_id: what was asked; None where nothing is published.
        at: Unix time, seconds.
        kind: observation, query or benchmark; None before this was kept.
        circuit_id: circuit that was asked for; None before this was kept.
        nonce: of the request, which changes one score once; None before this was kept.
        formula: by which the score was made; None before this was kept.
        figures: everything that entered the formula, and what it gave.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    hotkey: str
    previous: float
    score: float
    reason: str
    seconds: float | None = None
    statement_id: str | None = None
    at: float
    kind: str | None = None
    circuit_id: str | None = None
    nonce: str | None = None
    formula: str | None = None
    figures: Figures | None = None

    def row(self) -> dict[str, Any]:
        """Columns by name."""
        return self.model_dump() | {"figures": None if self.figures is None else json.dumps(self.figures)}


class MinerScore(BaseModel):
    """A miner's present score.

    Attributes:
        hotkey: the miner.
        score: from 0 to 1 over the number of miners.
        updated_at: Unix time, seconds.
        last_change: its newest change.
    """

    model_config = ConfigDict(frozen=True)

    hotkey: str
    score: float
    updated_at: float
    last_change: ScoreChange


class ResponseTimes(BaseModel):
    """Samples for the scoring formula.

    Attributes:
        latest: seconds of each miner's latest success, by hotkey.
        successes: seconds of the latest successes of all miners.
        delivered: how many of these successes are each miner's, by hotkey.
    """

    model_config = ConfigDict(frozen=True)

    latest: dict[str, float]
    successes: tuple[float, ...]
    delivered: dict[str, int] = {}


class OutcomeRecord(BaseModel):
    """What came of one request to one miner.

    Attributes:
        nonce: of the request; settled once.
        kind: observation, query or benchmark.
        circuit_id: circuit that was asked for.
        hotkey: the miner.
        statement_id: of an observation.
        asked_at: Unix time, seconds.
        seconds: from request to answer, or to giving up.
        fault: why there is no usable answer; None when it was verified.
        blame: who has to change something.
        detail: one sentence on the fault.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    nonce: str
    kind: str
    circuit_id: str
    hotkey: str
    statement_id: str | None
    asked_at: float
    seconds: float
    fault: str | None
    blame: str
    detail: Detail
