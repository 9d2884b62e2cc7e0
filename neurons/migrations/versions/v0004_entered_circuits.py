"""Circuits that miners enter into competitions, and the part of the weights that goes to who leads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "competition_checks",
        sa.Column("competition", sa.String(64), nullable=False),
        sa.Column("hotkey", sa.String(64), nullable=False),
        sa.Column("bundle", sa.String(66), nullable=False),
        sa.Column("circuit_id", sa.String(66), nullable=False),
        sa.Column("checked_at", sa.Float, nullable=False),
        sa.Column("fault", sa.String(32), nullable=True),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("competition", "hotkey", name="pk_competition_checks"),
    )
    op.add_column("weights_sets", sa.Column("awards", sa.Text, nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("weights_sets", "awards")
    op.drop_table("competition_checks")
