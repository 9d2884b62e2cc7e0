"""Calls and errors of the project's contracts, from their ABIs, without a contract object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

AbiEntry = Mapping[str, Any]
Abi = Sequence[AbiEntry]


def _types(entry: AbiEntry) -> list[str]:
    return [collapse_if_tuple(dict(part)) for part in entry["inputs"]]


def selector(entry: AbiEntry) -> bytes:
    """First four bytes of the keccak256 of the signature, of a function or an error."""
    return keccak(text=f"{entry['name']}({','.join(_types(entry))})")[:4]


def encode_call(abi: Abi, function: str, arguments: Sequence[Any]) -> bytes:
    """Calldata of ``function(*arguments)``.

    Raises:
        KeyError: the ABI has no such function.
        eth_abi.exceptions.EncodingError: an argument does not fit its type.
    """
    for entry in abi:
        if entry["type"] == "function" and entry["name"] == function:
            return selector(entry) + encode(_types(entry), list(arguments))
    raise KeyError(function)


class ErrorCatalogue:
    """Named errors of several contracts by selector: a call may bubble up another contract's error.

    Args:
        abis: of all contracts whose errors may come back.
    """

    def __init__(self, abis: Iterable[Abi]) -> None:
        entries = [entry for abi in abis for entry in abi if entry["type"] == "error"]
        self._by_selector = {selector(entry): entry for entry in entries}

    def name_of(self, data: bytes) -> str | None:
        """Name of the error in revert data, None when it is not of these contracts."""
        entry = self._by_selector.get(data[:4])
        return None if entry is None else str(entry["name"])

    def arguments_of(self, data: bytes) -> dict[str, Any]:
        """Arguments of the error in revert data by name.

        Raises:
            KeyError: the error is not of these contracts.
            eth_abi.exceptions.DecodingError: the data is cut off.
        """
        entry = self._by_selector[data[:4]]
        names = [part["name"] for part in entry["inputs"]]
        return dict(zip(names, decode(_types(entry), data[4:]), strict=True))

    def describe(self, data: bytes) -> str:
        """The error with its arguments for a person: ``EpochInFuture(epoch=9, currentEpoch=8)``."""
        entry = self._by_selector.get(data[:4])
        if entry is None:
            return f"unknown error 0x{data[:4].hex()}" if data else "no revert data"
        try:
            arguments = self.arguments_of(data)
        except DecodingError:
            return str(entry["name"])
        return f"{entry['name']}({', '.join(f'{name}={_text(value)}' for name, value in arguments.items())})"


def _text(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
