"""Outcomes of every request, the reasons of score changes, weights set, and competitions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REASONS: tuple[tuple[str, sa.types.TypeEngine[str]], ...] = (
    ("kind", sa.String(16)),
    ("circuit_id", sa.String(66)),
    ("nonce", sa.String(66)),
    ("formula", sa.String(16)),
    ("figures", sa.Text()),
)


def upgrade() -> None:
    """Forward."""
    for name, kind in _REASONS:
        op.add_column("score_changes", sa.Column(name, kind, nullable=True))
    # a request changes one score once, however often its answer is settled
    op.create_index("ix_score_changes_nonce", "score_changes", ["nonce"], unique=True)
    op.create_table(
        "outcomes",
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("nonce", sa.String(66), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("circuit_id", sa.String(66), nullable=False),
        sa.Column("hotkey", sa.String(64), nullable=False),
        sa.Column("statement_id", sa.String(66), nullable=True),
        sa.Column("asked_at", sa.Float, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("fault", sa.String(32), nullable=True),
        sa.Column("blame", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_outcomes"),
        sa.UniqueConstraint("nonce", name="uq_outcomes_nonce"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outcomes_hotkey", "outcomes", ["hotkey"])
    op.create_index("ix_outcomes_circuit_id", "outcomes", ["circuit_id"])
    op.create_table(
        "weights_sets",
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("decided_at", sa.Float, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("version_key", sa.BigInteger, nullable=False),
        sa.Column("weights", sa.Text, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("reveal_round", sa.BigInteger, nullable=True),
        sa.Column("concluded_at", sa.Float, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_weights_sets"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "competition_entries",
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("competition", sa.String(64), nullable=False),
        sa.Column("hotkey", sa.String(64), nullable=False),
        sa.Column("circuit_id", sa.String(66), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("accuracy", sa.Float, nullable=False),
        sa.Column("proof_bytes", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("is_best", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_competition_entries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_competition_entries_competition", "competition_entries", ["competition"])


def downgrade() -> None:
    """Back."""
    for table in ("competition_entries", "weights_sets", "outcomes"):
        op.drop_table(table)
    op.drop_index("ix_score_changes_nonce", "score_changes")
    with op.batch_alter_table("score_changes") as batch:
        for name, _ in _REASONS:
            batch.drop_column(name)
