"""Alembic's entry: runs migrations on the connection that ``neurons.validator.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from neurons.validator.api.tables import QueryRow
from neurons.validator.migrate import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=QueryRow.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
