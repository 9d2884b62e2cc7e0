"""Brings a state of an older release, or an empty one, to the newest schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from daemon.state import unknown_schema
from statements.errors import ConfigurationError

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_MIGRATION_LOCK = 0x76657269
"""PostgreSQL advisory lock that is held while the schema changes: two relayers may start at the same time."""


def migration_config() -> Config:
    """Alembic's settings for the relayer's migrations."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def known_schemas() -> list[str]:
    """Revisions to which :func:`migrate` can bring a state, newest first."""
    return [script.revision for script in ScriptDirectory.from_config(migration_config()).walk_revisions()]


def migrate(connection: Connection, schema: str | None) -> None:
    """Run the migrations that the state has not seen, all or none.

    Args:
        connection: to the state.
        schema: its revision, None before the first migration.

    Raises:
        ConfigurationError: the state is of a newer release, or rows of it refer to rows that are missing.
    """
    config = migration_config()
    if schema is not None and schema not in known_schemas():
        raise unknown_schema(schema)
    config.attributes["connection"] = connection
    if connection.dialect.name != "sqlite":
        with connection.begin():
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            command.upgrade(config, "head")
        return
    # SQLite changes a column by making the table anew; while the old one is dropped, nothing may refer to it.
    # The pragma works only outside a transaction, thus on the driver's own connection.
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            command.upgrade(config, "head")
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if orphans:
                raise ConfigurationError(
                    f"state has {len(orphans)} rows that refer to rows that are missing, the first in {orphans[0][0]}",
                    remedy="Restore a backup of the database",
                )
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
