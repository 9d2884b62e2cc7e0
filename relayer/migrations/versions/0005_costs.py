"""Costs: what the data of a transaction cost, the chain's time when it was signed, and indices for sums."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COUNTED = ["chain_id", "kind", "state", "gas_used", "effective_gas_price", "data_fee"]


def upgrade() -> None:
    """Add columns and index; transactions of before were signed at the chain's time that the machine had."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("data_fee", sa.BigInteger(), nullable=True))
    op.create_index("ix_jobs_counted", "jobs", _COUNTED)
    with op.batch_alter_table("attempts") as attempts:
        attempts.add_column(sa.Column("chain_time", sa.Float(precision=53), nullable=True))
    op.execute("UPDATE attempts SET chain_time = signed_at")
    with op.batch_alter_table("attempts") as attempts:
        attempts.alter_column("chain_time", existing_type=sa.Float(precision=53), nullable=False)
    op.create_index("ix_attempts_chain_time", "attempts", ["chain_id", "signer", "chain_time"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_attempts_chain_time", "attempts")
    with op.batch_alter_table("attempts") as attempts:
        attempts.drop_column("chain_time")
    op.drop_index("ix_jobs_counted", "jobs")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("data_fee")
