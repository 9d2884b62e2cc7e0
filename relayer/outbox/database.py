"""Opening the state: SQLite with a write-ahead log, or PostgreSQL by URL, brought to the newest schema."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from daemon import state
from statements.errors import ConfigurationError

NEWEST_SCHEMA = "0006"
"""Newest revision of ``relayer/migrations``, to which :func:`open_database` brings a state."""
VERSION_TABLE = "alembic_version"
_BUSY_SECONDS = 15
_PROGRAM = "veristake relayer run"


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
            _bring_up_to_date(connection)
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
    return state.open_existing(url, newest_schema=NEWEST_SCHEMA, version_table=VERSION_TABLE, program=_PROGRAM)


def look_at(url: str) -> str:
    """The state in words; changes nothing.

    Raises:
        ConfigurationError: the URL is malformed, the database cannot be opened or written, or a newer release made it.
    """
    from relayer.outbox.migrate import known_schemas

    return state.look_at(url, known_schemas=known_schemas(), version_table=VERSION_TABLE, program=_PROGRAM)


def _bring_up_to_date(connection: Connection) -> None:
    with connection.begin():
        schema = state.schema_of(connection, VERSION_TABLE)
    if schema != NEWEST_SCHEMA:
        # only now: Alembic takes longer to import than all that a start asks of the state
        from relayer.outbox.migrate import migrate

        migrate(connection, schema)
