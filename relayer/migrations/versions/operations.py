"""The operation: requests of the operator, paused chains, keys of direct submissions, an index for the policy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "operations"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "operator_requests",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.Float(precision=53), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("done_at", sa.Float(precision=53), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_operator_requests"),
    )
    op.create_index("ix_operator_requests_chain_id", "operator_requests", ["chain_id"])
    op.create_table(
        "paused_chains",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.Float(precision=53), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name="pk_paused_chains"),
    )
    op.create_table(
        "submission_keys",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_submission_keys"),
    )
    op.create_index("ix_inferences_model_id_asset_epoch", "inferences", ["model_id", "asset", "epoch"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_inferences_model_id_asset_epoch", "inferences")
    op.drop_table("submission_keys")
    op.drop_table("paused_chains")
    op.drop_index("ix_operator_requests_chain_id", "operator_requests")
    op.drop_table("operator_requests")
