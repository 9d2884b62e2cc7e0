"""Weights that were decided, and what came of them."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from neurons.validator.awards import Award
from neurons.validator.tables import WeightsSetRow


class WeightsState(StrEnum):
    """Where a decision stands."""

    DECIDED = "decided"
    """Written before the network is asked: what became of it is not known yet."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LOST = "lost"
    """It never reached the network."""


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class WeightsSet(BaseModel):
    """One decision on weights.

    Attributes:
        number: in the order of decisions.
        decided_at: Unix time, seconds.
        block: newest block at the decision.
        version_key: version of the rules by which they were made.
        weights: by uid, of sum 1.
        dry_run: whether the network was only asked what it would say.
        state: where it stands.
        detail: what the network said.
        reveal_round: drand round at which committed weights become readable; None when they are in the clear.
        awards: of the competitions that are in the weights, or why they are not; None of an older release.
        concluded_at: Unix time, seconds; None while nothing is known.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    number: int
    decided_at: float
    block: int
    version_key: int
    weights: Annotated[dict[int, float], BeforeValidator(_parsed)]
    dry_run: bool
    state: WeightsState
    detail: str
    reveal_round: int | None
    awards: Annotated[tuple[Award, ...] | None, BeforeValidator(_parsed)] = None
    concluded_at: float | None


class WeightsStore:
    """Remembers decisions. Methods block: call them in a thread.

    Args:
        engine: of a migrated database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def decide(
        self,
        weights: dict[int, float],
        *,
        block: int,
        version_key: int,
        dry_run: bool,
        awards: tuple[Award, ...] = (),
    ) -> int:
        """Record a decision before the network hears of it; gives its number."""
        row = WeightsSetRow(
            decided_at=time.time(),
            block=block,
            version_key=version_key,
            weights=json.dumps(weights),
            awards=json.dumps([award.model_dump(mode="json") for award in awards]),
            dry_run=dry_run,
            state=WeightsState.DECIDED,
            detail="",
        )
        with Session(self._engine) as session, session.begin():
            session.add(row)
            session.flush()
            return row.number

    def conclude(self, number: int, state: WeightsState, detail: str, reveal_round: int | None = None) -> None:
        """Record what came of a decision; a second conclusion changes nothing."""
        with Session(self._engine) as session, session.begin():
            row = session.get(WeightsSetRow, number)
            if row is not None and row.state == WeightsState.DECIDED:
                row.state, row.detail, row.reveal_round = state, detail[:1000], reveal_round
                row.concluded_at = time.time()

    def open(self) -> tuple[WeightsSet, ...]:
        """Decisions of which it is not known what came, oldest first."""
        query = select(WeightsSetRow).where(WeightsSetRow.state == WeightsState.DECIDED).order_by(WeightsSetRow.number)
        with Session(self._engine) as session:
            return tuple(WeightsSet.model_validate(row) for row in session.scalars(query))

    def latest(self, limit: int = 10) -> tuple[WeightsSet, ...]:
        """The newest decisions, newest first."""
        query = select(WeightsSetRow).order_by(WeightsSetRow.number.desc()).limit(limit)
        with Session(self._engine) as session:
            return tuple(WeightsSet.model_validate(row) for row in session.scalars(query))
