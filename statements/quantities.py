"""Domain types: bare ints and strings get a name and are parsed where they enter.

Large integers travel as decimal strings and bytes as 0x-hex, because JSON numbers lose bits beyond 2^53.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, NewType

from eth_utils.address import is_checksum_address, to_checksum_address
from pydantic import BeforeValidator, Field, PlainSerializer

FIELD_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Order r of the bn254 scalar field, in which Halo2 instances live (EIP-197)."""

ChainId = NewType("ChainId", int)
"""EIP-155 chain id."""
Epoch = NewType("Epoch", int)
"""Home chain's ``timestamp // EPOCH_LENGTH``."""
Seconds = NewType("Seconds", int)
"""Unix time or a span of time, seconds."""
Wei = NewType("Wei", int)
"""1e-18 of the chain's own coin."""
Gas = NewType("Gas", int)
"""Units of gas."""
FixedPoint = NewType("FixedPoint", int)
"""Signed integer at 2^scale; the scale is part of the circuit's layout."""


def _address(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        raise ValueError(f"{value!r} is not an address: expected 0x and 40 hex digits")
    mixed = value[2:] not in (value[2:].lower(), value[2:].upper())
    if mixed and not is_checksum_address(value):
        raise ValueError(f"{value!r} fails its EIP-55 checksum: copy the address again")
    return str(to_checksum_address(value))


def _decimal(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is not an integer or a decimal string")
    if isinstance(value, int):
        return value
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)", value):
        raise ValueError(f"{value!r} is not a decimal integer")
    return int(value)


def _bytes32(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{64}", value):
        raise ValueError(f"{value!r} is not 32 bytes: expected 0x and 64 hex digits")
    return value.lower()


def _hex_bytes(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"0x([0-9a-fA-F]{2})*", value):
        raise ValueError("not bytes: expected 0x and an even number of hex digits")
    return value.lower()


def _field_element(value: Any) -> int:
    hexadecimal = isinstance(value, str) and re.fullmatch(r"0x[0-9a-fA-F]{64}", value)
    if not hexadecimal and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError(f"{value!r} is not a field element: expected 0x and 64 hex digits")
    element = int(value, 16) if hexadecimal else int(value)
    if not 0 <= element < FIELD_MODULUS:
        raise ValueError(f"{element} is not below the field modulus r")
    return element


_HEX_32 = {"pattern": "^0x[0-9a-f]{64}$"}

Address = Annotated[str, BeforeValidator(_address), Field(json_schema_extra={"pattern": "^0x[0-9a-fA-F]{40}$"})]
"""EIP-55 checksummed address."""
Hash32 = Annotated[str, BeforeValidator(_bytes32), Field(json_schema_extra=_HEX_32)]
"""32 bytes as lower-case 0x-hex: a keccak256 or sha256 digest, a model id, a circuit id."""
HexBytes = Annotated[str, BeforeValidator(_hex_bytes), Field(json_schema_extra={"pattern": "^0x([0-9a-f]{2})*$"})]
"""Any number of bytes as lower-case 0x-hex."""
BigInteger = Annotated[
    int,
    BeforeValidator(_decimal),
    PlainSerializer(str, return_type=str, when_used="json"),
    Field(json_schema_extra={"pattern": "^-?(0|[1-9][0-9]*)$"}),
]
"""An integer that may exceed 2^53; a decimal string in JSON."""
FieldElement = Annotated[
    int,
    BeforeValidator(_field_element),
    PlainSerializer(lambda value: f"0x{value:064x}", return_type=str, when_used="json"),
    Field(json_schema_extra=_HEX_32),
]
"""An element of the bn254 scalar field; big-endian 0x-hex of 32 bytes in JSON."""
Hotkey = NewType("Hotkey", str)
"""ss58 address of a Bittensor hotkey."""


def to_field(value: int) -> int:
    """Signed integer to field element: negatives become r - |x|.

    Raises:
        ValueError: ``|value|`` is not below r / 2, so that the sign would be lost.
    """
    if abs(value) > (FIELD_MODULUS - 1) // 2:
        raise ValueError(f"{value} does not fit the field with its sign")
    return value % FIELD_MODULUS


def from_field(element: int) -> int:
    """Field element to signed integer: the upper half of the field is negative.

    Raises:
        ValueError: ``element`` is not in [0, r).
    """
    if not 0 <= element < FIELD_MODULUS:
        raise ValueError(f"{element} is not a field element")
    return element if element <= (FIELD_MODULUS - 1) // 2 else element - FIELD_MODULUS
