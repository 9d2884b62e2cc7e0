"""Brings the validator's database to the newest schema."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from daemon import state

VERSION_TABLE = "validator_schema_version"


def migrate(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that the database has not seen, in one transaction.

    Args:
        engine: of the database.
        revision: up to which one.

    Raises:
        ConfigurationError: the database is of a newer release.
    """
    config = _migrations()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.begin() as connection:
        schema = state.schema_of(connection, VERSION_TABLE)
        if schema is not None and schema not in known:
            raise state.unknown_schema(schema)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def open_existing(state_url: str) -> Engine | None:
    """Engine of the database that a validator has made, None when none has yet; changes nothing.

    Raises:
        ConfigurationError: the URL is malformed, the database cannot be opened, or its schema is of another release.
    """
    return state.open_existing(
        state_url, newest_schema=newest_schema(), version_table=VERSION_TABLE, program="veristake validator run"
    )


def newest_schema() -> str | None:
    """Revision to which :func:`migrate` brings a database."""
    return ScriptDirectory.from_config(_migrations()).get_current_head()


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("neurons") / "migrations"))
    return config
