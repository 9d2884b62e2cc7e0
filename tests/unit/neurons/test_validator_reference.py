"""docs/validator.md says what the code says, and the code logs what its table of events names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from neurons.validator.events import EVENTS
from neurons.validator.reference import COMMAND, TABLES, with_tables

PROJECT = Path(__file__).resolve().parents[3]
PAGE = PROJECT / "docs" / "validator.md"


def test_page_equals_the_code() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_tables(page), f"run: {COMMAND} docs/validator.md"


def test_with_tables_notices_a_changed_row() -> None:
    page = PAGE.read_text("utf-8")
    changed = page.replace("| `poll_seconds` | `2.0` |", "| `poll_seconds` | `1.0` |")
    assert changed != page
    assert with_tables(changed) == page


def test_every_row_has_a_meaning() -> None:
    for make in TABLES.values():
        for row in make().splitlines():
            assert all(cell.strip() for cell in row.strip("|").split("|")), row


def _logged(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        logger = node.func.value
        if isinstance(logger, ast.Name) and logger.id == "_log" and node.args:
            named = node.args[1] if node.func.attr == "log" else node.args[0]
            yield from (each.value for each in ast.walk(named) if isinstance(each, ast.Constant))


def test_events_table_names_every_event_of_the_validator() -> None:
    logged = {event for path in (PROJECT / "neurons" / "validator").rglob("*.py") for event in _logged(path)}
    assert {"inference_published", "weights_set", "weights_refused"} <= logged
    assert {event for event in logged if isinstance(event, str)} <= set(EVENTS)
