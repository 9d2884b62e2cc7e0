"""Jobs that share a transaction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what tells a batch's jobs; those that waited for an older kind of batch, which has ended, go singly."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        jobs.add_column(sa.Column("singly", sa.Boolean(), nullable=False, server_default=sa.false()))
        jobs.create_foreign_key("fk_jobs_batch_id", "jobs", ["batch_id"], ["id"])
    op.create_index("ix_jobs_batch_id", "jobs", ["batch_id"])
    op.execute("UPDATE jobs SET state = 'rejected' WHERE kind = 'batch' AND state = 'queued'")
    # a batch in flight still decides what becomes of those that wait for it; the same jobs would make the same key
    op.execute(
        "UPDATE jobs SET depends_on = NULL, singly = true WHERE depends_on IN (SELECT id FROM jobs WHERE kind = 'batch'"
        " AND state NOT IN ('sent', 'included', 'seen_on_chain'))"
    )


def downgrade() -> None:
    """Take it away again; the older release finds a batch's jobs on the chain by their own simulation."""
    op.execute("UPDATE jobs SET state = 'queued' WHERE batch_id IS NOT NULL AND state IN ('sent', 'included')")
    op.drop_index("ix_jobs_batch_id", "jobs")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint("fk_jobs_batch_id", type_="foreignkey")
        for column in ("singly", "batch_id"):
            jobs.drop_column(column)
