"""Keys of direct submissions, and an index for the policy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make table and index."""
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
    """Drop them."""
    op.drop_index("ix_inferences_model_id_asset_epoch", "inferences")
    op.drop_table("submission_keys")
