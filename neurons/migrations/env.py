"""Alembic's entry: runs migrations on the connection that ``neurons.validator.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from neurons.validator.migrate import VERSION_TABLE
from neurons.validator.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
