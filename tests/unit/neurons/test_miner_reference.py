"""docs/miner.md says what the code says, and the tables leave nothing out."""

import ast
from pathlib import Path

from neurons.messages import RefusalCode
from neurons.miner.codes import REMEDIES
from neurons.miner.events import EVENTS
from neurons.miner.reference import TABLES, with_tables
from neurons.refusing import HTTP_STATUS

PROJECT = Path(__file__).resolve().parents[3]
PAGE = PROJECT / "docs" / "miner.md"
LEVELS = {"info", "warning", "error", "exception"}


def test_page_equals_the_code() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_tables(page), "run: python -m neurons.miner.reference docs/miner.md"


def test_tables_every_cell_is_filled() -> None:
    for make in TABLES.values():
        for row in make().splitlines():
            assert all(cell.strip() for cell in row.strip("|").split("|")), row


def test_codes_every_code_of_a_miner_has_a_status_and_a_remedy() -> None:
    # a miner has no readers; every other code is one of its own
    assert set(REMEDIES) == set(RefusalCode) - {RefusalCode.NOT_A_READER, RefusalCode.RATE_LIMITED}
    assert set(HTTP_STATUS) == set(RefusalCode)


def test_events_every_logged_event_is_listed_and_every_listed_one_is_logged() -> None:
    folders = [PROJECT / "neurons" / "miner", PROJECT / "neurons" / "artefacts", PROJECT / "signed_http"]
    paths = [PROJECT / "neurons" / "announcing.py", *(path for folder in folders for path in folder.rglob("*.py"))]
    logged = {
        node.args[0].value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "_log"
        and isinstance(node.args[0], ast.Constant)
    }
    assert logged == set(EVENTS)
