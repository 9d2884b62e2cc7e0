"""Queries of the external API, its access keys and quotas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "api_queries",
        sa.Column("query_id", sa.String(36), nullable=False),
        sa.Column("caller", sa.String(80), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=True),
        sa.Column("request_hash", sa.String(66), nullable=False),
        sa.Column("circuit_id", sa.String(66), nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("deadline_at", sa.Float, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("state_since", sa.Float, nullable=False),
        sa.Column("times_asked", sa.Integer, nullable=False),
        sa.Column("result", sa.Text, nullable=True),
        sa.Column("failure", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("query_id", name="pk_api_queries"),
        sa.UniqueConstraint("caller", "idempotency_key", name="uq_api_queries_caller"),
    )
    op.create_index("ix_api_queries_deadline_at", "api_queries", ["deadline_at"])
    op.create_index("ix_api_queries_state", "api_queries", ["state"])
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("secret_hash", sa.String(66), nullable=True),
        sa.Column("hotkey", sa.String(64), nullable=True),
        sa.Column("requests_per_second", sa.Float, nullable=False),
        sa.Column("request_burst", sa.Integer, nullable=False),
        sa.Column("queries_per_hour", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("revoked_at", sa.Float, nullable=True),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
        sa.UniqueConstraint("hotkey", name="uq_api_keys_hotkey"),
    )
    op.create_table(
        "api_quotas",
        sa.Column("caller", sa.String(80), nullable=False),
        sa.Column("full_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("caller", name="pk_api_quotas"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("api_quotas")
    op.drop_table("api_keys")
    op.drop_table("api_queries")
