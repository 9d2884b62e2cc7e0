"""Who gets how much of a distribution, from a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from statements.errors import ConfigurationError
from statements.quantities import BigInteger
from veristake.contracts_tool.plan import RealAddress

HEADER = ["address", "amount"]
_FORM = 'Write one line "address,amount" for each user, below a line that says just that'
_ADDRESS: TypeAdapter[str] = TypeAdapter(RealAddress)
_AMOUNT: TypeAdapter[int] = TypeAdapter(BigInteger)


def read_amounts(path: Path, claim_manager: str) -> dict[str, int]:
    """Amounts in token units by checksummed user, in the file's order.

    Args:
        path: CSV of the columns ``address`` and ``amount``, the latter in the token's smallest units.
        claim_manager: checksummed address of the contract that pays; it cannot be paid itself.

    Raises:
        ConfigurationError: the file cannot be read, or a row, named by its line, is refused: not two columns; an
            address that is none, fails its EIP-55 checksum, is zero, is the ClaimManager's or was there before; an
            amount that is no whole number above 0.
    """
    amounts: dict[str, int] = {}
    lines: dict[str, int] = {}
    rows = _rows(path)
    if not rows or rows[0][1] != HEADER:
        raise ConfigurationError(f"{path}, line 1 is not {','.join(HEADER)}", remedy=_FORM)
    for line, row in rows[1:]:
        user, amount = _parsed(f"{path}, line {line}", row)
        if user == claim_manager:
            raise ConfigurationError(
                f"{path}, line {line}: address {user} is the ClaimManager itself: its tokens would be nobody's",
                remedy="Give the address of who is to get them, or leave the row out",
            )
        if user in lines:
            raise ConfigurationError(
                f"{path}, line {line}: address {user} is on line {lines[user]} already",
                remedy="Add its amounts up: a user can claim one leaf only",
            )
        amounts[user], lines[user] = amount, line
    if not amounts:
        raise ConfigurationError(f"{path}: nobody is to get anything", remedy=_FORM)
    return amounts


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Lines that are not empty, with their numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, row) for row in reader if row]
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", remedy="Give a CSV file") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not CSV: {error}", remedy=_FORM) from error


def _parsed(place: str, row: list[str]) -> tuple[str, int]:
    if len(row) != len(HEADER):
        raise ConfigurationError(f"{place}: {len(row)} columns, expected {len(HEADER)}", remedy=_FORM)
    column, value = "address", row[0].strip()
    try:
        user = _ADDRESS.validate_python(value)
        column, value = "amount", row[1].strip()
        amount = _AMOUNT.validate_python(value)
    except ValidationError as error:
        told = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{place}: {column} {value!r}: {told}", remedy="Correct that row") from error
    if not 0 < amount < 1 << 256:
        raise ConfigurationError(
            f"{place}: amount {amount} is not from 1 to 2^256 - 1",
            remedy="Give the token's smallest units, or leave the user out",
        )
    return user, amount
