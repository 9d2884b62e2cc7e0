"""What is read for each answer follows an index, in SQLite and PostgreSQL: no table is scanned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, text

from neurons.validator.api.query_store import QueryStore
from neurons.validator.store import VERIFIED, ValidatorStore, open_store
from neurons.validator.tables import OutcomeRow, ScoreChangeRow

ROWS = 2000
COMMON = {"circuit_id": "0x01", "kind": "benchmark", "statement_id": None, "seconds": 1.0}
READS: dict[str, tuple[Callable[[ValidatorStore], object], set[str]]] = {
    "response_times": (lambda store: store.response_times("0x02"), {"ix_score_changes_circuit_id"}),
    "refusals": (lambda store: store.refusals_in_a_row("miner3", "0x02", "query", 0.0), {"ix_outcomes_alike"}),
    "blamed": (lambda store: store.blamed("miner3", "0x03"), {"ix_score_changes_statement_id"}),
    "changes": (lambda store: store.changes("other"), {"ix_score_changes_hotkey"}),
    "outcomes": (lambda store: store.outcomes("other"), {"ix_outcomes_hotkey"}),
    "forget": (lambda store: QueryStore(store.engine).forget(1.0), {"ix_api_queries_state"}),
}


@pytest.fixture
def store(state_url: str) -> Iterator[ValidatorStore]:
    """Many rows of one miner and one circuit, which a query about another would have to walk through."""
    store = open_store(state_url, "validator")
    rows = [COMMON | {"hotkey": f"miner{number % 20}", "nonce": f"0x{number:064x}"} for number in range(ROWS)]
    outcome = {"asked_at": 1.0, "fault": None, "blame": "nobody", "detail": ""}
    change = {"at": 1.0, "previous": 0.0, "score": 0.1, "reason": VERIFIED}
    with store.engine.begin() as connection:
        connection.execute(insert(OutcomeRow), [row | outcome for row in rows])
        connection.execute(insert(ScoreChangeRow), [row | change for row in rows])
        if connection.dialect.name == "postgresql":  # does so by itself in time; SQLite plans without figures
            connection.execute(text("ANALYZE"))
    yield store
    store.close()


@pytest.mark.parametrize("read", READS)
def test_reads_of_settling_follow_their_index(store: ValidatorStore, read: str) -> None:
    asked, indexes = READS[read]
    with statements(store.engine) as seen:
        asked(store)
    assert seen
    for statement, parameters in seen:
        plan = plan_of(store.engine, statement, parameters)
        assert all(index in plan for index in indexes), plan
        # SQLite's words, then PostgreSQL's: through an index only, and in its order, so that a limit ends the reading
        forbidden = {"SCAN score_changes", "SCAN outcomes", "SCAN api_queries", "Seq Scan"}
        if "DISTINCT" not in statement:
            forbidden |= {"TEMP B-TREE", "Sort", "Bitmap"}
        assert not any(words in plan for words in forbidden), plan


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Everything that the database is asked within the block."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def plan_of(engine: Engine, statement: str, parameters: Any) -> str:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return "\n".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            )
        # a table of so few rows may well be read whole; the question is whether the index can serve
        connection.exec_driver_sql("SET enable_seqscan = off")
        return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))
