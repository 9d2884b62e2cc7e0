"""snarkjs' ``.ptau`` files: powers of tau and, once prepared for phase 2, Lagrange bases of every smaller size.

The format (snarkjs, `powersoftau_utils.js`, `powersoftau_preparephase2.js`): "ptau", version, number of sections, then
per section its type (4 bytes), length (8 bytes) and content, all little-endian. Type 1 is the header, 2 tau in G1,
3 tau in G2, 12 the Lagrange bases of 2^0, 2^1, ... points in G1, one after the other.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from statements.errors import CircuitError
from verifier_gen.srs.bn254 import (
    BASE_MODULUS,
    COORDINATE_BYTES,
    G1_BYTES,
    G2_BYTES,
    SCALAR_MODULUS,
    TWO_ADICITY,
    root_of_unity,
)
from verifier_gen.srs.reference_string import HALO2_GENERATOR, ReferenceString, check_size, point

MAGIC = b"ptau"
SNARKJS_GENERATOR = 5
"""Smallest quadratic non-residue: ffjavascript's root of unity is a power of it."""
_HEADER, _TAU_G1, _TAU_G2, _LAGRANGE_G1 = 1, 2, 3, 12
_Sections = dict[int, tuple[int, int]]


def read_ptau(path: Path, logrows: int | None) -> ReferenceString:
    """Read a phase-2-prepared ``.ptau``.

    Args:
        path: the file.
        logrows: rows wanted; None takes all that it has.

    Raises:
        CircuitError: the file is cut short, of another curve, not prepared for phase 2, or too small.
    """
    with path.open("rb") as stream:
        sections = _sections(stream, path)
        held = _power(stream, path, sections)
        wanted = check_size(path, held, logrows)
        if _LAGRANGE_G1 not in sections:
            raise CircuitError(
                f"{path.name} is not prepared for phase 2: it has no Lagrange basis",
                remedy="Run: snarkjs powersoftau prepare phase2 IN.ptau OUT.ptau",
            )
        powers = _read(stream, path, sections, _TAU_G1, 0, G1_BYTES << wanted)
        g2 = _read(stream, path, sections, _TAU_G2, 0, 2 * G2_BYTES)
        before = G1_BYTES * ((1 << wanted) - 1)
        lagrange = _read(stream, path, sections, _LAGRANGE_G1, before, G1_BYTES << wanted)
    return ReferenceString(wanted, powers, to_halo2_order(lagrange, wanted), g2[:G2_BYTES], g2[G2_BYTES:])


def to_halo2_order(lagrange: bytes, logrows: int) -> bytes:
    """Lagrange basis over snarkjs' domain as one over halo2's: the same points, each at the place of its root.

    Both domains are all 2^logrows-th roots of unity; halo2's i-th is snarkjs' (i * step)-th.
    """
    size = 1 << logrows
    step = _logarithm(root_of_unity(logrows, HALO2_GENERATOR), root_of_unity(logrows, SNARKJS_GENERATOR), size)
    return b"".join(point(lagrange, i * step % size) for i in range(size))


def _logarithm(value: int, root: int, size: int) -> int:
    power = 1
    for exponent in range(size):
        if power == value:
            return exponent
        power = power * root % SCALAR_MODULUS
    raise AssertionError("both are primitive roots of the same order")


def _sections(stream: BinaryIO, path: Path) -> _Sections:
    size = path.stat().st_size
    magic, version, count = struct.unpack("<4sII", stream.read(12).ljust(12, b"\0"))
    if size < 12 or magic != MAGIC or version != 1:
        raise CircuitError(f"{path.name} is not a .ptau file of version 1", remedy="Download it again")
    sections: _Sections = {}
    for _ in range(count):
        kind, length = struct.unpack("<IQ", stream.read(12).ljust(12, b"\0"))
        start = stream.tell()
        if start + length > size or kind in sections:
            raise CircuitError(
                f"{path.name} is cut short or malformed: section {kind} of {length} bytes, from {start} of {size}",
                remedy="Download it again",
            )
        sections[kind] = (start, length)
        stream.seek(start + length)
    return sections


def _power(stream: BinaryIO, path: Path, sections: _Sections) -> int:
    header = _read(stream, path, sections, _HEADER, 0, 4 + COORDINATE_BYTES + 8, exact=False)
    bytes_per_coordinate = int.from_bytes(header[:4], "little")
    modulus = int.from_bytes(header[4 : 4 + COORDINATE_BYTES], "little")
    if bytes_per_coordinate != COORDINATE_BYTES or modulus != BASE_MODULUS:
        raise CircuitError(
            f"{path.name} is of another curve: its coordinates have {bytes_per_coordinate} bytes",
            remedy="EZKL proves over bn254 (snarkjs: bn128)",
        )
    power = int.from_bytes(header[4 + COORDINATE_BYTES : 8 + COORDINATE_BYTES], "little")
    if not 1 <= power <= TWO_ADICITY:
        raise CircuitError(f"{path.name} says that its power is {power}", remedy="Download it again")
    return power


def _read(
    stream: BinaryIO, path: Path, sections: _Sections, kind: int, offset: int, length: int, *, exact: bool = True
) -> bytes:
    start, held = sections.get(kind, (0, 0))
    if exact and offset + length > held:
        raise CircuitError(
            f"{path.name} is cut short: section {kind} has {held} bytes, {offset + length} are needed",
            remedy="Download it again",
        )
    stream.seek(start + offset)
    return stream.read(min(length, max(0, held - offset)))
