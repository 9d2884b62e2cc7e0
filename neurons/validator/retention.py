"""Removes what is older than the settings keep, a few rows at a time, and never what something still reads.

Each table here is read in two ways: by age, for people, and from its newest rows on, by what decides. So a row goes
when it is old and is not among the newest of any group that something reads:

- ``score_changes``: the newest 256 of each circuit and reason are what the formulas take their samples from; the newest
  of each miner are what ``explain`` and ``scores`` show, and what keeps a miner from being blamed twice.
- ``outcomes``: the newest of each miner, circuit, kind and fault are what timeouts are learned from, and what refusals
  in a row are counted from. A verified one goes only when 32 newer ones stay: no row of refusals grows because what
  ended it has gone.
- ``weights_sets``: open decisions, and what was said last.
- ``competition_entries``: who leads, and the newest of each miner.

Publications are the relayers' feed and stay for ever. Queries have a time of their own (``api.keep_days``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Row, delete, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from neurons.validator.store import REMEMBERED_SUCCESSES
from neurons.validator.tables import Base, CompetitionEntryRow, OutcomeRow, ScoreChangeRow, WeightsSetRow

_log = structlog.get_logger(__name__)
NEWEST_KEPT = 32
"""Of each group: twice the measured times that a miner's timeout is learned from, and more than ``explain`` shows."""
BATCH_ROWS = 500
"""Removed in one transaction, during which nothing else can be written: 26 ms at 500,000 rows."""
_PAUSE_SECONDS = 0.1
_ROUND_SECONDS = 3600.0


@dataclass(frozen=True)
class Group:
    """Rows that have the same values in some columns; the newest of them stay.

    Attributes:
        columns: their names.
        newest: how many stay, however old they are.
    """

    columns: tuple[str, ...]
    newest: int = NEWEST_KEPT


@dataclass(frozen=True)
class PrunedTable:
    """A table that grows with each request.

    Attributes:
        rows: the table; ``number`` rises from row to row.
        time_column: Unix time of a row, seconds.
        groups: of which the newest rows stay.
    """

    rows: type[Base]
    time_column: str
    groups: tuple[Group, ...]


TABLES = (
    PrunedTable(ScoreChangeRow, "at", (Group(("hotkey",)), Group(("circuit_id", "reason"), REMEMBERED_SUCCESSES))),
    PrunedTable(OutcomeRow, "asked_at", (Group(("hotkey", "circuit_id", "kind", "fault")),)),
    PrunedTable(WeightsSetRow, "decided_at", (Group(("state",)),)),
    PrunedTable(CompetitionEntryRow, "at", (Group(("competition", "is_best")), Group(("competition", "hotkey"), 1))),
)


class _NewestKept:
    """First of the newest rows of each group of a table, looked up once a round: later rows only raise it."""

    def __init__(self, table: PrunedTable) -> None:
        self._table = table
        self._first: dict[tuple[Group, tuple[object, ...]], int] = {}

    def has(self, session: Session, row: Row[tuple[object, ...]]) -> bool:
        """Whether a row is among them."""
        return any(
            row.number >= self._first_of(session, group, tuple(row._mapping[name] for name in group.columns))
            for group in self._table.groups
        )

    def _first_of(self, session: Session, group: Group, values: tuple[object, ...]) -> int:
        key = group, values
        if key not in self._first:
            columns = self._table.rows.__table__.c
            same = [columns[name] == value for name, value in zip(group.columns, values, strict=True)]
            # by constants first: where one is NULL, PostgreSQL follows the index only so
            order = [columns[name].desc() for name in (*group.columns, "number")]
            newest_first = select(columns.number).where(*same).order_by(*order)
            self._first[key] = session.scalar(newest_first.offset(group.newest - 1).limit(1)) or 0
        return self._first[key]


def prune(engine: Engine, before: float, batch_rows: int = BATCH_ROWS) -> Iterator[int]:
    """Go through all tables once; each step removes some rows in a transaction of its own.

    Args:
        engine: of a migrated database.
        before: Unix time, seconds; younger rows stay.
        batch_rows: looked at, and at most removed, in one step.

    Yields:
        How many rows a step has removed.
    """
    for table in TABLES:
        yield from _prune_table(engine, table, before, batch_rows)


def _prune_table(engine: Engine, table: PrunedTable, before: float, batch_rows: int) -> Iterator[int]:
    columns, kept, position = table.rows.__table__.c, _NewestKept(table), 0
    names = {"number", table.time_column} | {name for group in table.groups for name in group.columns}
    while True:
        following = select(*(columns[name] for name in sorted(names))).where(columns.number > position)
        with Session(engine) as session:
            rows = session.execute(following.order_by(columns.number).limit(batch_rows)).all()
            old = [row for row in rows if row._mapping[table.time_column] < before]
            removable = [row.number for row in old if not kept.has(session, row)]
        if not old:
            # rows come in the order of their age, but for those that took long to settle: they go in a later round
            return
        position = rows[-1].number
        yield _remove(engine, table, removable)


def _remove(engine: Engine, table: PrunedTable, numbers: Sequence[int]) -> int:
    if numbers:
        with Session(engine) as session, session.begin():
            session.execute(delete(table.rows).where(table.rows.__table__.c.number.in_(numbers)))
    return len(numbers)


async def keep_pruning(engine: Engine, keep_seconds: float) -> None:
    """Prune every hour, until cancelled; what fails is logged and tried again in the next."""
    while True:
        removed = 0
        try:
            steps = prune(engine, time.time() - keep_seconds)
            while (number := await asyncio.to_thread(next, steps, None)) is not None:
                removed += number
                # whoever waits for the database's one place to write gets it now
                await asyncio.sleep(_PAUSE_SECONDS)
        except SQLAlchemyError as error:
            _log.warning("history_not_pruned", reason=type(error).__name__)
        if removed:
            _log.info("history_pruned", rows=removed)
        await asyncio.sleep(_ROUND_SECONDS)
