import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from relayer.outbox.database import NEWEST_SCHEMA, look_at, open_database
from relayer.outbox.migrate import migration_config
from statements.errors import ConfigurationError


def test_newest_schema_is_the_head_of_the_migrations() -> None:
    assert ScriptDirectory.from_config(migration_config()).get_current_head() == NEWEST_SCHEMA


def test_open_database_of_a_newer_release_is_refused_and_kept(tmp_path) -> None:
    url = f"sqlite:///{tmp_path}/relayer.db"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigurationError, match="schema 9999"):
        open_database(url)


def test_open_database_up_to_date_one_imports_no_migrations(tmp_path) -> None:
    url = f"sqlite:///{tmp_path}/relayer.db"
    open_database(url).dispose()
    script = (
        "import sys\nfrom relayer.outbox.database import open_database\n"
        f"open_database({url!r})\nassert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_look_at_state_that_is_not_there_makes_none(tmp_path: Path) -> None:
    place = tmp_path / "relayer.db"
    assert look_at(f"sqlite:///{place}") == "none yet, `veristake relayer run` makes it"
    assert list(tmp_path.iterdir()) == []


def test_look_at_state_of_an_older_release_says_so_and_leaves_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/relayer.db"
    engine = open_database(url)
    assert look_at(url) == f"schema {NEWEST_SCHEMA}"
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0005'")
    engine.dispose()
    assert look_at(url).startswith("schema 0005, a migration is due")
    assert look_at(url).startswith("schema 0005, a migration is due")
