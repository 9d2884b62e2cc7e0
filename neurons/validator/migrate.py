"""Brings the validator's database to the newest schema."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

VERSION_TABLE = "validator_schema_version"


def migrate(engine: Engine) -> None:
    """Run the migrations that the database has not seen, in one transaction."""
    config = _migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_schema() -> str | None:
    """Revision to which :func:`migrate` brings a database."""
    return ScriptDirectory.from_config(_migrations()).get_current_head()


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("neurons") / "migrations"))
    return config
