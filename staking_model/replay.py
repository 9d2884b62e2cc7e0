"""Real history from a CSV or Parquet file, as a market that can be played.

Columns (others are ignored; ``--columns`` gives other names):

- ``timestamp``: ISO 8601 (UTC where no zone is given) or Unix seconds, oldest first;
- ``rate``: fair rate, ETH per token;
- ``price``: market price, ETH per token;
- ``supply``: total supply, whole tokens; optional.

Rows of any step become hourly epochs: an epoch takes the last row in it, one without a row repeats the epoch before.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from staking_model.features import WAD
from staking_model.market import Market, Move, Point, RestakerMove
from staking_model.observations.columns import WEETH_PEG_COLUMNS as WEETH_PEG_COLUMNS
from staking_model.observations.columns import Columns as Columns
from staking_model.observations.columns import HistoryError, Layout
from staking_model.observations.rows import Row, read_rows
from staking_model.observations.table_source import DEFAULT_SUPPLY_TOKENS, require_short_span
from staking_model.profiles import DEMO_RESTAKERS
from staking_model.simulator import EPOCH_SECONDS

STAKED_SHARE: Final = Decimal("0.1")
"""Share of the smallest supply that the demo's restakers deposit in epoch 0 and keep."""

ReplayError = HistoryError
"""A file that cannot be replayed is a history that cannot be read."""


def read_replay(path: Path, symbol: str, *, columns: Columns | None = None, epochs: int | None = None) -> Market:
    """A market of one asset from a file.

    Args:
        path: the file.
        symbol: name that the asset gets.
        columns: names of the columns, where they are not the documented ones.
        epochs: keep only so many of the newest epochs.

    Raises:
        HistoryError: naming file, place, column and value, with the remedy.
    """
    rows = list(read_rows(path, Layout(columns=columns or Columns())))
    if not rows:
        raise HistoryError(f"{path} has no rows", remedy="Give at least one row below the header")
    notes = []
    if rows[0].supply is None:
        notes.append(f"{path.name} has no supply: taken as {DEFAULT_SUPPLY_TOKENS:,} tokens throughout")
    notes.append("the file knows no deposits: stake is deposited in the first epoch and stays")
    points, repeated = _resample(path, rows)
    if repeated:
        notes.append(f"{repeated:,} of {len(points):,} epochs have no row and repeat the one before")
    if epochs is not None:
        points = points[-epochs:]
    return _market(symbol, points, tuple(notes))


def _market(symbol: str, points: list[Point], notes: tuple[str, ...]) -> Market:
    """Number the epochs from 0 and put the demo's restakers in."""
    staked = int(min(point.supply for point in points) * STAKED_SHARE)
    moves = tuple(
        RestakerMove(0, symbol, restaker.name, Move.DEPOSIT, int(staked * Decimal(str(restaker.share))))
        for restaker in DEMO_RESTAKERS
    )
    total = sum(move.amount for move in moves)
    numbered = tuple(
        Point(number, point.timestamp, point.rate, point.price, point.supply, total if number else 0)
        for number, point in enumerate(points)
    )
    return Market(points={symbol: numbered}, moves=moves, truths={}, notes=notes)


def _resample(path: Path, rows: list[Row]) -> tuple[list[Point], int]:
    """Last row of each epoch, and how many epochs had none."""
    newest = {row.timestamp // EPOCH_SECONDS: row for row in rows}
    first, last = rows[0].timestamp // EPOCH_SECONDS, rows[-1].timestamp // EPOCH_SECONDS
    require_short_span(path, last - first + 1)
    points = []
    row = rows[0]
    for epoch in range(first, last + 1):
        row = newest.get(epoch, row)
        supply = row.supply if row.supply is not None else DEFAULT_SUPPLY_TOKENS * WAD
        points.append(Point(epoch, epoch * EPOCH_SECONDS, row.rate, row.price, supply, 0))
    return points, len(points) - len(newest)
