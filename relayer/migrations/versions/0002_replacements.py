"""Replacements, self-sends and deadlines; jobs without a publication; paused chains."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what replacing, cancelling, expiring and pausing need."""
    op.create_table(
        "pauses",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paused_at", sa.Float(precision=53), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name="pk_pauses"),
    )
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("inference_id", existing_type=_BIG_KEY, nullable=True)
        jobs.add_column(sa.Column("expires_at", sa.Float(precision=53), nullable=True))
        jobs.add_column(sa.Column("wish", sa.String(length=16), nullable=True))
    with op.batch_alter_table("attempts") as attempts:
        attempts.alter_column("job_id", existing_type=_BIG_KEY, nullable=True)
        attempts.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="call"))
        attempts.add_column(sa.Column("data_fee", sa.BigInteger(), nullable=False, server_default="0"))
        attempts.add_column(sa.Column("legacy", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_attempts_chain_id_signer_ended", "attempts", ["chain_id", "signer", "ended"])


def downgrade() -> None:
    """Take it away again; rows that the older schema cannot hold go with it."""
    op.execute("DELETE FROM attempts WHERE job_id IS NULL")
    op.drop_index("ix_attempts_chain_id_signer_ended", "attempts")
    with op.batch_alter_table("attempts") as attempts:
        for column in ("legacy", "data_fee", "kind"):
            attempts.drop_column(column)
        attempts.alter_column("job_id", existing_type=_BIG_KEY, nullable=False)
    with op.batch_alter_table("jobs") as jobs:
        for column in ("wish", "expires_at"):
            jobs.drop_column(column)
    op.drop_table("pauses")
