"""Rows of a CSV or Parquet file as text, each with its place in the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from staking_model.observations.columns import HistoryError

PARQUET_SUFFIXES: Final = (".parquet", ".pq")
_BATCH_ROWS: Final = 10_000


@dataclass(frozen=True)
class Record:
    """One row.

    Attributes:
        place: where it stands, for a message: ``line 3`` or ``row 3``.
        cells: text by column; empty where the file has nothing.
    """

    place: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A file's columns and rows.

    Attributes:
        path: of the file.
        header: names of its columns.
        records: its rows; read while iterating.
    """

    path: Path
    header: tuple[str, ...]
    records: Iterator[Record]


def open_table(path: Path) -> Table:
    """A table by the ending of its name: ``.parquet`` or ``.pq``, and CSV otherwise.

    Raises:
        HistoryError: the file cannot be read, is not what its name says, or pyarrow is missing.
    """
    if path.suffix.lower() in PARQUET_SUFFIXES:
        return _parquet(path)
    lines = _csv_lines(path)
    _, header = next(lines, (0, []))
    return Table(path, tuple(header), _records(lines, header))


def _records(lines: Iterator[tuple[int, list[str]]], header: list[str]) -> Iterator[Record]:
    for number, cells in lines:
        if cells:
            padded = cells + [""] * (len(header) - len(cells))
            yield Record(f"line {number}", dict(zip(header, padded, strict=False)))


def _csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            for cells in reader:
                yield reader.line_num, cells
    except OSError as error:
        raise HistoryError(f"cannot read {path}: {error.strerror}", remedy="Give the path of a CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise HistoryError(f"{path} is not CSV text: {error}", remedy="Give a comma-separated UTF-8 file") from error


def _parquet(path: Path) -> Table:
    if find_spec("pyarrow") is None:
        raise HistoryError(
            f"{path} is a Parquet file and the Python package 'pyarrow' is not installed",
            remedy="Run: pip install 'veristake[evaluate]', or give a CSV file",
        )
    # only those who have Parquet files need it
    import pyarrow  # type: ignore[import-untyped] # it ships no types
    from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped] # it ships no types

    try:
        file = ParquetFile(path)
    except OSError as error:
        raise HistoryError(f"cannot read {path}: {error}", remedy="Give the path of a Parquet file") from error
    except pyarrow.ArrowInvalid as error:
        raise HistoryError(f"{path} is not a Parquet file: {error}", remedy="Give a Parquet file") from error

    def records() -> Iterator[Record]:
        number = 0
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            for row in batch.to_pylist():
                number += 1
                yield Record(f"row {number}", {name: _text(value) for name, value in row.items()})

    return Table(path, tuple(file.schema_arrow.names), records())


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
