"""Opening a program's database to look at it: nothing is made, nothing is migrated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import ColumnClause, Connection, Engine, column, create_engine, inspect, select, table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from daemon.writable import require_writable
from statements.errors import ConfigurationError


def place_of(url: str) -> str:
    """Where the database is, for a person: SQLite's file, else the URL without its password."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return parsed.database
    return parsed.render_as_string(hide_password=True)


def schema_of(connection: Connection, version_table: str) -> str | None:
    """Revision of a database's schema as Alembic has noted it, None before the first migration.

    Args:
        connection: to the database.
        version_table: table in which Alembic keeps the revision.
    """
    if not inspect(connection).has_table(version_table):
        return None
    revision: ColumnClause[str] = column("version_num")
    found = connection.scalar(select(revision).select_from(table(version_table, revision)))
    return None if found is None else str(found)


def open_existing(url: str, *, newest_schema: str | None, version_table: str, program: str) -> Engine | None:
    """Engine of a database that a program has made, None when none has yet.

    Args:
        url: SQLAlchemy URL, the program's ``state_url``.
        newest_schema: Alembic revision that this release knows.
        version_table: table in which Alembic keeps the revision.
        program: command that migrates the database, for the remedy.

    Raises:
        ConfigurationError: the URL is malformed, the database cannot be opened, or its schema is of another release.
    """
    found = _found(url, version_table)
    if found is None:
        return None
    engine, schema = found
    if schema != newest_schema:
        engine.dispose()
        raise ConfigurationError(
            f"database {place_of(url)} has schema {schema}, this release has {newest_schema}",
            remedy=f"Start `{program}` of this release once: it migrates the database",
        )
    return engine


def look_at(url: str, *, known_schemas: Sequence[str], version_table: str, program: str) -> str:
    """A database in words, for a doctor: nothing is made, nothing is migrated.

    Args:
        url: SQLAlchemy URL, the program's ``state_url``.
        known_schemas: Alembic revisions that this release knows, newest first.
        version_table: table in which Alembic keeps the revision.
        program: command that makes and migrates the database.

    Raises:
        ConfigurationError: the URL is malformed, the database cannot be opened or written, or a newer release made it.
    """
    found = _found(url, version_table)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        require_writable(Path(parsed.database), "state_url")
    if found is None:
        return f"none yet, `{program}` makes it"
    engine, schema = found
    engine.dispose()
    if schema not in known_schemas:
        raise unknown_schema(schema)
    if schema != known_schemas[0]:
        return f"schema {schema}, a migration is due: `{program}` brings it to {known_schemas[0]}"
    return f"schema {schema}"


def _found(url: str, version_table: str) -> tuple[Engine, str] | None:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not (parsed.database and Path(parsed.database).exists()):
            return None
        engine = create_engine(parsed)
        with engine.connect() as connection:
            schema = schema_of(connection, version_table)
    except (ArgumentError, SQLAlchemyError, OSError, ImportError) as error:
        # neither the URL nor the driver's words with it: a password may be in them
        raise ConfigurationError(
            f"the database of state_url cannot be opened: {type(error).__name__}",
            remedy="Check state_url, for example sqlite:////var/lib/veristake/state.db, and that it can be read",
        ) from error
    if schema is None:
        engine.dispose()
        return None
    return engine, schema


def unknown_schema(schema: str | None) -> ConfigurationError:
    """The refusal to migrate a database whose schema this release does not know."""
    return ConfigurationError(
        f"the database of state_url has schema {schema}, which this release does not know",
        remedy="Run the release that made it, or a newer one; or restore a backup from before it.",
    )
