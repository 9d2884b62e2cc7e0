"""Circuits that miners enter into competitions, and the part of the weights that goes to who leads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


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
    op.create_table(
        "competition_authors",
        sa.Column("competition", sa.String(64), nullable=False),
        sa.Column("circuit_id", sa.String(66), nullable=False),
        sa.Column("hotkey", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("competition", "circuit_id", name="pk_competition_authors"),
    )
    op.drop_index("ix_competition_entries_competition", "competition_entries")
    op.create_index("ix_competition_entries_lead", "competition_entries", ["competition", "is_best", "number"])
    op.create_index("ix_competition_entries_hotkey", "competition_entries", ["competition", "hotkey", "number"])
    op.add_column("weights_sets", sa.Column("awards", sa.Text, nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("weights_sets", "awards")
    op.drop_index("ix_competition_entries_hotkey", "competition_entries")
    op.drop_index("ix_competition_entries_lead", "competition_entries")
    op.create_index("ix_competition_entries_competition", "competition_entries", ["competition"])
    op.drop_table("competition_authors")
    op.drop_table("competition_checks")
