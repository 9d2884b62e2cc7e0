"""Indexes in the order in which settling, explaining and pruning read."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

_REPLACED = (
    ("ix_score_changes_hotkey", "score_changes", ["hotkey"]),
    ("ix_outcomes_hotkey", "outcomes", ["hotkey"]),
    ("ix_outcomes_circuit_id", "outcomes", ["circuit_id"]),
    ("ix_api_queries_state", "api_queries", ["state"]),
)
_MADE = (
    ("ix_score_changes_hotkey", "score_changes", ["hotkey", "number"]),
    ("ix_score_changes_circuit_id", "score_changes", ["circuit_id", "reason", "number"]),
    ("ix_score_changes_statement_id", "score_changes", ["statement_id", "hotkey"]),
    ("ix_outcomes_hotkey", "outcomes", ["hotkey", "number"]),
    ("ix_outcomes_alike", "outcomes", ["hotkey", "circuit_id", "kind", "fault", "number"]),
    ("ix_api_queries_state", "api_queries", ["state", "state_since"]),
)


def upgrade() -> None:
    """Forward."""
    _exchange(_REPLACED, _MADE)


def downgrade() -> None:
    """Back."""
    _exchange(_MADE, _REPLACED)


def _exchange(old: tuple[tuple[str, str, list[str]], ...], new: tuple[tuple[str, str, list[str]], ...]) -> None:
    for name, table, _ in old:
        op.drop_index(name, table)
    for name, table, columns in new:
        op.create_index(name, table, columns)
