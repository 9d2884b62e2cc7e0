"""Real history from a CSV file, as a market.

Columns (others are ignored; ``--columns`` gives other names):

- ``timestamp``: ISO 8601 (UTC where no zone is given) or Unix seconds, oldest first;
- ``rate``: fair rate, ETH per token;
- ``price``: market price, ETH per token;
- ``supply``: total supply, whole tokens; optional.

Rows of any step become hourly epochs: an epoch takes the last row in it, one without a row repeats the epoch before.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, NoReturn

from staking_model.features import WAD
from staking_model.market import Market, Move, Point, RestakerMove
from staking_model.profiles import DEMO_RESTAKERS
from staking_model.simulator import EPOCH_SECONDS
from statements.errors import VeristakeError

DEFAULT_SUPPLY_TOKENS: Final = 40_000
"""Supply where the file has none; only flow over supply depends on it, and a file has no flow."""
STAKED_SHARE: Final = Decimal("0.1")
"""Share of the smallest supply that the demo's restakers deposit in epoch 0 and keep."""
MAXIMUM_EPOCHS: Final = 200_000
"""Longest span that is resampled, about 23 years of hours."""
_WEI_LIMIT: Final = 1 << 96
_SUPPLY_LIMIT: Final = 1 << 104


class ReplayError(VeristakeError):
    """A CSV file that cannot be replayed."""


@dataclass(frozen=True)
class Columns:
    """Names of the columns in the file.

    Attributes:
        timestamp: of the row.
        rate: fair rate, ETH per token.
        price: market price, ETH per token.
        supply: total supply, whole tokens; the only one that may be missing.
    """

    timestamp: str = "timestamp"
    rate: str = "rate"
    price: str = "price"
    supply: str = "supply"

    @classmethod
    def parse(cls, text: str) -> Columns:
        """Read ``rate=protocol_rate_eth,price=market_rate_eth``; what is not named keeps its own name.

        Raises:
            ReplayError: not of that form.
        """
        known = {field.name for field in fields(cls)}
        chosen: dict[str, str] = {}
        for part in filter(None, text.split(",")):
            ours, equals, theirs = (piece.strip() for piece in part.partition("="))
            if ours not in known or not equals or not theirs:
                raise ReplayError(
                    f"column mapping {part!r} is not understood",
                    remedy=f"Write OURS=THEIRS with ours among {', '.join(sorted(known))}, separated by commas",
                )
            chosen[ours] = theirs
        return cls(**chosen)


WEETH_PEG_COLUMNS: Final = Columns(rate="protocol_rate_eth", price="market_rate_eth_median24h")
"""Columns of the public hourly weETH peg series (rate and price against ETH)."""


@dataclass(frozen=True)
class _Row:
    line: int
    timestamp: int
    rate: int
    price: int
    supply: int | None


def read_replay(path: Path, symbol: str, *, columns: Columns | None = None, epochs: int | None = None) -> Market:
    """A market of one asset from a CSV file.

    Args:
        path: the file.
        symbol: name that the asset gets.
        columns: names of the columns, where they are not the documented ones.
        epochs: keep only so many of the newest epochs.

    Raises:
        ReplayError: naming file, line, column and value, with the remedy.
    """
    rows = list(_rows(path, columns or Columns()))
    if not rows:
        raise ReplayError(f"{path} has no rows", remedy="Give at least one row below the header")
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


def _resample(path: Path, rows: list[_Row]) -> tuple[list[Point], int]:
    """Last row of each epoch, and how many epochs had none."""
    newest = {row.timestamp // EPOCH_SECONDS: row for row in rows}
    first, last = rows[0].timestamp // EPOCH_SECONDS, rows[-1].timestamp // EPOCH_SECONDS
    if last - first >= MAXIMUM_EPOCHS:
        raise ReplayError(
            f"{path} spans {last - first + 1:,} hours, more than {MAXIMUM_EPOCHS:,}",
            remedy="Check the unit of the timestamps: seconds, not milliseconds; or cut the file",
        )
    points = []
    row = rows[0]
    for epoch in range(first, last + 1):
        row = newest.get(epoch, row)
        supply = row.supply if row.supply is not None else DEFAULT_SUPPLY_TOKENS * WAD
        points.append(Point(epoch, epoch * EPOCH_SECONDS, row.rate, row.price, supply, 0))
    return points, len(points) - len(newest)


def _rows(path: Path, columns: Columns) -> Iterator[_Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            _check_header(path, header, columns)
            with_supply = columns.supply in header
            before: _Row | None = None
            for record in reader:
                row = _row(path, reader.line_num, record, columns, with_supply)
                if before is not None and row.timestamp < before.timestamp:
                    _refuse(
                        path,
                        row.line,
                        columns.timestamp,
                        record[columns.timestamp],
                        "older than the row before",
                        "Sort the rows oldest first",
                    )
                yield row
                before = row
    except OSError as error:
        raise ReplayError(f"cannot read {path}: {error.strerror}", remedy="Give the path of a CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReplayError(f"{path} is not CSV text: {error}", remedy="Give a comma-separated UTF-8 file") from error


def _check_header(path: Path, header: object, columns: Columns) -> None:
    names = list(header) if isinstance(header, list | tuple) else []
    for wanted in (columns.timestamp, columns.rate, columns.price):
        if wanted not in names:
            raise ReplayError(
                f"{path} line 1: no column {wanted!r} among {', '.join(names) or 'none'}",
                remedy="Add it, or name yours with --columns, e.g. --columns rate=protocol_rate,price=market_rate",
            )


def _row(path: Path, line: int, record: Mapping[str, str | None], columns: Columns, with_supply: bool) -> _Row:
    def number(column: str, limit: int) -> int:
        text = record[column] or ""
        try:
            value = Decimal(text.strip())
        except InvalidOperation:
            _refuse(path, line, column, text, "not a number", "Write a decimal number such as 1.0412")
        if not value.is_finite() or not 0 < value * WAD < limit or int(value * WAD) == 0:
            _refuse(path, line, column, text, "out of range", f"Give a value above 0 and below {limit // WAD:,}")
        return int(value * WAD)

    text = record[columns.timestamp] or ""
    timestamp = _timestamp(text.strip())
    if timestamp is None:
        _refuse(path, line, columns.timestamp, text, "not a time", "Write ISO 8601 or Unix seconds since 1970")
    return _Row(
        line=line,
        timestamp=timestamp,
        rate=number(columns.rate, _WEI_LIMIT),
        price=number(columns.price, _WEI_LIMIT),
        supply=number(columns.supply, _SUPPLY_LIMIT) if with_supply else None,
    )


def _timestamp(text: str) -> int | None:
    """Unix seconds, or None when the text is no time that fits an observation."""
    try:
        if text.replace(".", "", 1).isdecimal():
            seconds = int(Decimal(text))
        else:
            moment = datetime.fromisoformat(text)
            seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < 1 << 40 else None


def _refuse(path: Path, line: int, column: str, value: str, fault: str, remedy: str) -> NoReturn:
    raise ReplayError(f"{path} line {line}, column {column}: {value!r} is {fault}", remedy=remedy)
