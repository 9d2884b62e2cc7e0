import subprocess
import sys

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from relayer.outbox.database import NEWEST_SCHEMA, open_database
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
