"""Opening the validator's database to look at it: nothing is made, nothing is migrated."""

from __future__ import annotations

from pathlib import Path

from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from neurons.validator.migrate import VERSION_TABLE, newest_schema
from neurons.validator.store import ValidatorStore
from statements.errors import ConfigurationError


def place_of(state_url: str) -> str:
    """Where the database is, for a person: SQLite's file, else the URL without its password."""
    url = make_url(state_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return url.database
    return url.render_as_string(hide_password=True)


def open_existing(state_url: str) -> ValidatorStore | None:
    """The store that a validator has made, None when none has yet.

    Args:
        state_url: SQLAlchemy URL.

    Raises:
        ConfigurationError: the URL is malformed, the database cannot be opened, or its schema is of another release.
    """
    try:
        url = make_url(state_url)
        if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
            return None
        engine = create_engine(url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            schema = context.get_current_revision()
    except (ArgumentError, SQLAlchemyError, ImportError, OSError) as error:
        # the URL may hold a password, so neither it nor the driver's message with it is repeated
        raise ConfigurationError(
            f"the database of state_url cannot be opened: {type(error).__name__}",
            remedy="Check state_url, for example sqlite:///build/validator.sqlite, and that it can be read.",
        ) from error
    if schema is None:
        return None
    if schema != newest_schema():
        raise ConfigurationError(
            f"database {place_of(state_url)} has schema {schema}, this release has {newest_schema()}",
            remedy="Start `veristake validator run` of this release once: it migrates the database.",
        )
    return ValidatorStore(engine, "")
