"""Paid: what a transaction cost that did not make its call, because it reverted or took a nonce in its place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = ("gas_used", "effective_gas_price", "paid_data_fee")


def upgrade() -> None:
    """Add the columns; what was paid before stays unknown, so that it counts at its worst."""
    with op.batch_alter_table("attempts") as attempts:
        for name in _COLUMNS:
            attempts.add_column(sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("attempts") as attempts:
        for name in _COLUMNS:
            attempts.drop_column(name)
