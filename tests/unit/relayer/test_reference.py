"""docs/relayer.md says what the code says."""

from pathlib import Path

import pytest

from relayer.reference import errors_table, settings_table, with_tables

PAGE = Path(__file__).resolve().parents[3] / "docs" / "relayer.md"


def test_page_equals_the_code() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_tables(page), "run: python -m relayer.reference docs/relayer.md"


def test_with_tables_notices_a_changed_row() -> None:
    page = PAGE.read_text("utf-8")
    changed = page.replace("| `port` | `8190` |", "| `port` | `1` |")
    assert changed != page
    assert with_tables(changed) == page


def test_with_tables_missing_mark_is_named() -> None:
    with pytest.raises(ValueError, match="no marks for settings"):
        with_tables("# a page")


def test_every_setting_and_error_has_a_meaning() -> None:
    for row in (settings_table() + "\n" + errors_table()).splitlines():
        assert all(cell.strip() for cell in row.strip("|").split("|")), row
