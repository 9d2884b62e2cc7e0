"""Opening the state: SQLite with a write-ahead log, or PostgreSQL by URL, brought to the newest schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from daemon import state
from statements.errors import ConfigurationError

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
VERSION_TABLE = "alembic_version"
_BUSY_SECONDS = 15
_MIGRATION_LOCK = 0x76657269
"""PostgreSQL advisory lock that is held while the schema changes: two relayers may start at the same time."""


def open_database(url: str) -> Engine:
    """Engine of the state, migrated.

    Args:
        url: SQLAlchemy URL.

    Raises:
        ConfigurationError: the URL is malformed, or the database cannot be opened or migrated.
    """
    try:
        parsed = make_url(url)
        shown = parsed.render_as_string(hide_password=True)
    except ArgumentError as error:
        raise ConfigurationError(
            "state_url is not a SQLAlchemy URL", remedy="For example sqlite:////var/lib/veristake/relayer.db"
        ) from error
    try:
        engine = create_engine(parsed, pool_pre_ping=True)
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        with engine.connect() as connection:
            _migrate(connection)
    except (SQLAlchemyError, OSError, ImportError) as error:
        reason = error.orig if isinstance(error, OperationalError) else error
        raise ConfigurationError(
            f"state {shown} cannot be opened: {reason}", remedy="Check state_url, its folder and its rights"
        ) from error
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        # the driver's own transactions begin late, after the first read: ours begin when we say so
        connection.isolation_level = None
        # FULL: a stored transaction survives a power cut before it is sent
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def open_existing(url: str) -> Engine | None:
    """Engine of the state that a relayer has made, None when none has yet; changes nothing.

    Raises:
        ConfigurationError: the URL is malformed, the database cannot be opened, or its schema is of another release.
    """
    return state.open_existing(
        url, newest_schema=newest_schema(), version_table=VERSION_TABLE, program="veristake relayer run"
    )


def newest_schema() -> str | None:
    """Revision to which :func:`open_database` brings a state."""
    return ScriptDirectory.from_config(_migrations()).get_current_head()


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _migrate(connection: Connection) -> None:
    config = _migrations()
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
