"""Publications, scores and their changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "publications",
        sa.Column("cursor", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("statement_id", sa.String(66), nullable=False),
        sa.Column("published_at", sa.Float, nullable=False),
        sa.Column("inference", sa.Text, nullable=False),
        sa.Column("attestations", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("cursor", name="pk_publications"),
        sa.UniqueConstraint("statement_id", name="uq_publications_statement_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "scores",
        sa.Column("hotkey", sa.String(64), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("hotkey", name="pk_scores"),
    )
    op.create_table(
        "score_changes",
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("hotkey", sa.String(64), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("previous", sa.Float, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("seconds", sa.Float, nullable=True),
        sa.Column("statement_id", sa.String(66), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_score_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_score_changes_hotkey", "score_changes", ["hotkey"])


def downgrade() -> None:
    """Back."""
    op.drop_table("score_changes")
    op.drop_table("scores")
    op.drop_table("publications")
