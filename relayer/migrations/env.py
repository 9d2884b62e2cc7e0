"""Alembic's entry: migrations run on the connection that the caller has opened."""

from __future__ import annotations

from alembic import context

from relayer.outbox import operation_models  # noqa: F401 - its tables join the metadata
from relayer.outbox.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
