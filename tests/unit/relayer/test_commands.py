"""What an operator types, without any chain."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relayer.commands import relayer
from relayer.outbox.database import newest_schema, open_database
from relayer.outbox.views import UnknownJobError
from tests.unit.relayer.test_settings import GOOD, write


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write(tmp_path, GOOD)


def command(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(relayer, [*arguments, "--config", str(settings)])


@pytest.mark.parametrize(
    ("arguments", "empty"),
    [(("status",), {"jobs": {}, "cursors": {}}), (("txs", "list"), {"jobs": []})],
)
def test_reading_commands_without_state_say_so_and_make_nothing(
    settings: Path, arguments: tuple[str, ...], empty: object
) -> None:
    before = sorted(settings.parent.iterdir())
    told = command(settings, *arguments)
    assert (told.exit_code, told.output) == (0, f"no state yet at {settings.parent}/relayer.db\n")
    machine = command(settings, *arguments, "--json")
    assert (machine.exit_code, json.loads(machine.output)) == (0, empty)
    assert sorted(settings.parent.iterdir()) == before


def test_txs_show_without_state_is_an_unknown_job_and_makes_nothing(settings: Path) -> None:
    result = command(settings, "txs", "show", "1")
    assert isinstance(result.exception, UnknownJobError)
    assert "there is no job 1: no state yet at" in str(result.exception)
    assert not (settings.parent / "relayer.db").exists()


def test_status_existing_state_is_read(settings: Path) -> None:
    open_database(f"sqlite:///{settings.parent}/relayer.db").dispose()
    assert command(settings, "status").output == "home: no jobs\n"


def test_config_is_the_only_name_of_the_settings_file(settings: Path) -> None:
    refused = CliRunner().invoke(relayer, ["status", "--settings", str(settings)])
    assert refused.exit_code == 2
    assert "No such option" in refused.output


def test_newest_schema_is_the_one_that_open_database_makes(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/relayer.db").dispose()
    with sqlite3.connect(tmp_path / "relayer.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (newest_schema(),)
