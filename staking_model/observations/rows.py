"""From text to figures: each cell is checked once, here, and the message names file, place, column and value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, NoReturn

from staking_model.features import WAD
from staking_model.observations.columns import HistoryError, Layout
from staking_model.observations.tables import Record, Table, open_table

WEI_LIMIT: Final = 1 << 96
SUPPLY_LIMIT: Final = 1 << 104


@dataclass(frozen=True)
class Row:
    """One row in the units of an observation.

    Attributes:
        place: where it stands in the file.
        timestamp: Unix time, seconds.
        rate: fair rate, wei of ETH per 1e18 token units.
        price: market price, wei of ETH per 1e18 token units.
        supply: total supply, token units; None where the file has no such column.
        total: stake, token units; None where the file has no such column.
    """

    place: str
    timestamp: int
    rate: int
    price: int
    supply: int | None
    total: int | None


def read_rows(path: Path, layout: Layout) -> Iterator[Row]:
    """The rows of a table, oldest first.

    Raises:
        HistoryError: naming file, place, column and value, with the remedy.
    """
    table = open_table(path)
    for wanted in layout.required:
        if wanted not in table.header:
            raise HistoryError(
                f"{path} line 1: no column {wanted!r} among {', '.join(table.header) or 'none'}",
                remedy="Add it, or name yours with --columns, e.g. --columns rate=protocol_rate,price=market_rate",
            )
    rows = _parsed(table, layout)
    return iter(tuple(rows)[::-1]) if layout.newest_first else rows


def _parsed(table: Table, layout: Layout) -> Iterator[Row]:
    cells = _Cells(table.path, layout, frozenset(table.header))
    before: int | None = None
    for record in table.records:
        if layout.skip_blank and any(not record.cells[name].strip() for name in cells.mapped):
            continue
        row = cells.row(record)
        backward = before is not None and (row.timestamp > before if layout.newest_first else row.timestamp < before)
        if backward:
            column = layout.columns.timestamp
            age = "newer" if layout.newest_first else "older"
            order = "newest" if layout.newest_first else "oldest"
            cells.refuse(
                record, column, record.cells[column], f"{age} than the row before", f"Sort the rows {order} first"
            )
        before = row.timestamp
        yield row


@dataclass(frozen=True)
class _Cells:
    path: Path
    layout: Layout
    header: frozenset[str]

    @property
    def mapped(self) -> tuple[str, ...]:
        """Columns of the file that are read."""
        columns = self.layout.columns
        optional = tuple(name for name in (columns.supply, columns.total) if name in self.header)
        return self.layout.required + optional

    def row(self, record: Record) -> Row:
        layout, columns = self.layout, self.layout.columns
        text = record.cells[columns.timestamp]
        timestamp = _timestamp(text.strip())
        if timestamp is None:
            self.refuse(record, columns.timestamp, text, "not a time", "Write ISO 8601 or Unix seconds since 1970")
        rate = WAD if layout.unit_rate else self._wei(record, columns.rate, WEI_LIMIT)
        if layout.price_at_rate:
            price = rate
        else:
            price = self._wei(record, columns.price, WEI_LIMIT, unit=1 if layout.price_in_wei else WAD)
        supply = self._wei(record, columns.supply, SUPPLY_LIMIT) if columns.supply in self.header else None
        total = self._wei(record, columns.total, SUPPLY_LIMIT, least=0) if columns.total in self.header else None
        return Row(record.place, timestamp, rate, price, supply, total)

    def _wei(self, record: Record, column: str, limit: int, *, unit: int = WAD, least: int = 1) -> int:
        text = record.cells[column]
        try:
            value = Decimal(text.strip()) * unit
        except InvalidOperation:
            self.refuse(record, column, text, "not a number", "Write a decimal number such as 1.0412")
        if not value.is_finite() or value < 0 or not least <= int(value) < limit:
            remedy = f"Give a value {'of at least' if least == 0 else 'above'} 0 and below {limit // unit:,}"
            self.refuse(record, column, text, "out of range", remedy)
        return int(value)

    def refuse(self, record: Record, column: str, value: str, fault: str, remedy: str) -> NoReturn:
        raise HistoryError(f"{self.path} {record.place}, column {column}: {value!r} is {fault}", remedy=remedy)


def _timestamp(text: str) -> int | None:
    try:
        if text.replace(".", "", 1).isdecimal():
            seconds = int(Decimal(text))
        else:
            moment = datetime.fromisoformat(text)
            seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < 1 << 40 else None
