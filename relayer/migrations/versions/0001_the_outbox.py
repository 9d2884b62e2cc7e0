"""The outbox: chains, sources, inferences, jobs, attempts, job events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, each after those that it refers to."""
    _create_chains()
    _create_inferences()
    _create_sources()
    _create_jobs()
    _create_attempts()
    _create_job_events()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_job_events_job_id", "job_events")
    op.drop_table("job_events")
    op.drop_index("ix_attempts_job_id", "attempts")
    op.drop_table("attempts")
    op.drop_index("ix_jobs_statement_id", "jobs")
    op.drop_index("ix_jobs_chain_id_state_retry_at", "jobs")
    op.drop_table("jobs")
    op.drop_table("sources")
    op.drop_table("inferences")
    op.drop_table("chains")


def _create_chains() -> None:
    op.create_table(
        "chains",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("genesis_hash", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name="pk_chains"),
    )


def _create_inferences() -> None:
    op.create_table(
        "inferences",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("statement_id", sa.String(length=66), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("circuit_id", sa.String(length=66), nullable=False),
        sa.Column("model_id", sa.String(length=66), nullable=False),
        sa.Column("asset", sa.String(length=42), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.Float(precision=53), nullable=False),
        sa.Column("taken_at", sa.Float(precision=53), nullable=False),
        sa.Column("publication", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inferences"),
        sa.UniqueConstraint("statement_id", "source", name="uq_inferences_statement_id_source"),
    )


def _create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("hotkey", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("hotkey", name="pk_sources"),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("statement_id", sa.String(length=66), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(length=42), nullable=False),
        sa.Column("calldata", sa.Text(), nullable=False),
        sa.Column("inference_id", _BIG_KEY, nullable=False),
        sa.Column("depends_on", _BIG_KEY, nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.Float(precision=53), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("transaction_hash", sa.String(length=66), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.String(length=66), nullable=True),
        sa.Column("gas_used", sa.BigInteger(), nullable=True),
        sa.Column("effective_gas_price", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.Float(precision=53), nullable=False),
        sa.Column("sent_at", sa.Float(precision=53), nullable=True),
        sa.Column("included_at", sa.Float(precision=53), nullable=True),
        sa.Column("finalized_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["depends_on"], ["jobs.id"], name="fk_jobs_depends_on"),
        sa.ForeignKeyConstraint(["inference_id"], ["inferences.id"], name="fk_jobs_inference_id"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("key", name="uq_jobs_key"),
    )
    op.create_index("ix_jobs_chain_id_state_retry_at", "jobs", ["chain_id", "state", "retry_at"])
    op.create_index("ix_jobs_statement_id", "jobs", ["statement_id"])


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("job_id", _BIG_KEY, nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("signer", sa.String(length=42), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("replacement", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("gas_limit", sa.BigInteger(), nullable=False),
        sa.Column("maximum_fee", sa.BigInteger(), nullable=False),
        sa.Column("tip", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.Float(precision=53), nullable=False),
        sa.Column("passed_at_block", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_attempts_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint(
            "chain_id", "signer", "nonce", "replacement", name="uq_attempts_chain_id_signer_nonce_replacement"
        ),
        sa.UniqueConstraint("hash", name="uq_attempts_hash"),
    )
    op.create_index("ix_attempts_job_id", "attempts", ["job_id"])


def _create_job_events() -> None:
    op.create_table(
        "job_events",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("job_id", _BIG_KEY, nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("from_state", sa.String(length=24), nullable=True),
        sa.Column("to_state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_events_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_job_events"),
    )
    op.create_index("ix_job_events_job_id", "job_events", ["job_id"])
