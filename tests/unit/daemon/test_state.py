"""Looking at the state of a program without changing it: relayer and validator."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from daemon.state import place_of
from neurons.validator import migrate
from relayer.outbox import database
from statements.errors import ConfigurationError

PROGRAMS = [
    pytest.param(database.open_existing, database.VERSION_TABLE, "veristake relayer run", id="relayer"),
    pytest.param(migrate.open_existing, migrate.VERSION_TABLE, "veristake validator run", id="validator"),
]
Open = Callable[[str], Engine | None]


def make(url: str, version_table: str) -> None:
    if version_table == database.VERSION_TABLE:
        database.open_database(url).dispose()
    else:
        engine = create_engine(url)
        migrate.migrate(engine)
        engine.dispose()


@pytest.mark.parametrize(("open_existing", "version_table", "program"), PROGRAMS)
def test_open_existing_migrated_database_is_opened(
    open_existing: Open, version_table: str, program: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    assert open_existing(url) is None
    make(url, version_table)
    engine = open_existing(url)
    assert engine is not None
    engine.dispose()


@pytest.mark.parametrize(("open_existing", "version_table", "program"), PROGRAMS)
def test_open_existing_empty_file_is_no_state_and_stays_empty(
    open_existing: Open, version_table: str, program: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.db").touch()
    assert open_existing(f"sqlite:///{tmp_path}/empty.db") is None
    assert (tmp_path / "empty.db").stat().st_size == 0


@pytest.mark.parametrize(("open_existing", "version_table", "program"), PROGRAMS)
def test_open_existing_other_schema_is_named_with_the_command_that_migrates(
    open_existing: Open, version_table: str, program: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    make(url, version_table)
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute(f"UPDATE {version_table} SET version_num = '0000'")
    with pytest.raises(ConfigurationError, match="has schema 0000, this release has") as caught:
        open_existing(url)
    assert program in caught.value.remedy


@pytest.mark.parametrize("url", ["nonsense", "postgresql+nodriver://user:SECRET@db/x"])
@pytest.mark.parametrize(("open_existing", "version_table", "program"), PROGRAMS)
def test_open_existing_bad_url_is_refused_without_its_password(
    open_existing: Open, version_table: str, program: str, url: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_existing(url)
    assert "SECRET" not in str(caught.value)


def test_place_of_server_hides_the_password_and_file_is_its_path() -> None:
    assert place_of("postgresql://user:SECRET@db/x") == "postgresql://user:***@db/x"
    assert place_of("sqlite:////var/lib/state.db") == "/var/lib/state.db"


def test_look_at_says_what_is_there_and_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "state.db"
    url = f"sqlite:///{place}"
    assert migrate.look_at(url) == "none yet, `veristake validator run` makes it"
    assert list(tmp_path.iterdir()) == []
    place.parent.mkdir()
    engine = create_engine(url)
    migrate.migrate(engine, "0003")
    before = place.read_bytes()
    assert migrate.look_at(url).startswith("schema 0003, a migration is due: `veristake validator run` brings it to ")
    assert place.read_bytes() == before
    migrate.migrate(engine)
    newest = migrate.look_at(url)
    assert "due" not in newest
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(ConfigurationError, match="has schema 9999, which this release does not know"):
        migrate.look_at(url)


def test_look_at_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "state.db", tmp_path):
        with pytest.raises(ConfigurationError, match="state_url"):
            migrate.look_at(f"sqlite:///{place}")
