"""What competitions offer now, read from the state: who leads, and whether it is still there."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy.engine import Engine

from neurons.validator.awards import Prize
from neurons.validator.competition import is_present
from neurons.validator.competition_store import CompetitionStore
from neurons.validator.settings import CompetitionSettings


def prizes_of(settings: Iterable[CompetitionSettings], engine: Engine) -> tuple[Prize, ...]:
    """Each competition's part of the weights, and who leads; blocks.

    Args:
        settings: of the competitions.
        engine: of the validator's database.
    """
    store = CompetitionStore(engine)
    return tuple(_prize(each, store) for each in settings)


def _prize(settings: CompetitionSettings, store: CompetitionStore) -> Prize:
    leader = store.leader(settings.id)
    at = None if leader is None else store.last_measured(settings.id, leader.hotkey, leader.circuit_id)
    measured = at is not None and is_present(True, time.time() - at, settings.interval_seconds)
    hotkey = None if leader is None else leader.hotkey
    return Prize(competition=settings.id, weight_bps=settings.weight_bps, hotkey=hotkey, measured=measured)
