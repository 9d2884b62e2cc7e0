"""Brings the validator's database to the newest schema."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from daemon import state

VERSION_TABLE = "validator_schema_version"
_PROGRAM = "veristake validator run"


def migrate(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that the database has not seen, in one transaction.

    Args:
        engine: of the database.
        revision: up to which one.

    Raises:
        ConfigurationError: the database is of a newer release.
    """
    config, known = _migrations(), _known_schemas()
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
        state_url, newest_schema=_known_schemas()[0], version_table=VERSION_TABLE, program=_PROGRAM
    )


def look_at(state_url: str) -> str:
    """The database in words; changes nothing.

    Raises:
        ConfigurationError: the URL is malformed, the database cannot be opened or written, or a newer release made it.
    """
    return state.look_at(state_url, known_schemas=_known_schemas(), version_table=VERSION_TABLE, program=_PROGRAM)


def _known_schemas() -> list[str]:
    """Revisions to which :func:`migrate` can bring a database, newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_migrations()).walk_revisions()]


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("neurons") / "migrations"))
    return config
