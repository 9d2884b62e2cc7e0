"""The curve bn254 as files hold it, and the field arithmetic that checking a ceremony takes.

Pairings and G2 come from ``py_ecc``; what is here is what that library does not offer at a usable speed: reading points
by the ten thousand, adding them in batches (one inversion a batch), and a number-theoretic transform.

Both halo2 and snarkjs write a coordinate x as x * 2^256 mod q, little-endian (Montgomery form), and a point as its
affine coordinates, so that points are copied from one file to the other as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

BASE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583
"""q: order of the field of coordinates (EIP-196)."""
SCALAR_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""r: order of the group, a prime (EIP-196)."""
TWO_ADICITY = 28
"""r - 1 is 2^28 times an odd number: the largest domain has 2^28 elements."""
G1_BYTES = 64
G2_BYTES = 128
COORDINATE_BYTES = 32

G1Point: TypeAlias = "tuple[int, int] | None"
"""Affine coordinates; None is the identity."""

G1_GENERATOR = (1, 2)
_FROM_MONTGOMERY = pow(1 << 256, -1, BASE_MODULUS)
_ODD_ORDER = (SCALAR_MODULUS - 1) >> TWO_ADICITY


def root_of_unity(logrows: int, generator: int) -> int:
    """A primitive 2^logrows-th root of unity in the scalar field.

    halo2curves and snarkjs take the same construction with different non-residues (7 and 5), so that their Lagrange
    bases hold the same points in different orders.

    Args:
        logrows: log2 of the order, at most 28.
        generator: a quadratic non-residue.
    """
    return pow(pow(generator, _ODD_ORDER, SCALAR_MODULUS), 1 << (TWO_ADICITY - logrows), SCALAR_MODULUS)


def coordinates(content: bytes) -> list[int]:
    """Coordinates from their Montgomery form.

    Raises:
        ValueError: one is not reduced.
    """
    values = []
    for start in range(0, len(content), COORDINATE_BYTES):
        raw = int.from_bytes(content[start : start + COORDINATE_BYTES], "little")
        if raw >= BASE_MODULUS:
            raise ValueError(f"coordinate {start // COORDINATE_BYTES} is not below the field's modulus")
        values.append(raw * _FROM_MONTGOMERY % BASE_MODULUS)
    return values


def g1_points(content: bytes) -> list[G1Point]:
    """Points of y^2 = x^3 + 3, each of which is in the group of order r, for G1 has no cofactor.

    Raises:
        ValueError: a point is not on the curve (the identity, written as zeros, is not), naming its place.
    """
    values = coordinates(content)
    points: list[G1Point] = []
    for place, (x, y) in enumerate(zip(values[::2], values[1::2], strict=True)):
        if (y * y - x * x * x - 3) % BASE_MODULUS:
            raise ValueError(f"point {place} is not on the curve")
        points.append((x, y))
    return points


def add_pairs(left: Sequence[G1Point], right: Sequence[G1Point]) -> list[G1Point]:
    """Sums of points, pair by pair, with one field inversion for all of them (Montgomery's trick)."""
    q = BASE_MODULUS
    sums: list[G1Point] = []
    pending, product = [], 1
    for a, b in zip(left, right, strict=True):
        if a is None or b is None:
            sums.append(a if b is None else b)
            continue
        sums.append(None)
        numerator, denominator = _slope(a, b)
        if denominator:
            pending.append((len(sums) - 1, a, b[0], numerator, denominator, product))
            product = product * denominator % q
    inverse = pow(product, -1, q)
    for place, a, b_x, numerator, denominator, prefix in reversed(pending):
        slope = numerator * inverse * prefix % q
        x = (slope * slope - a[0] - b_x) % q
        sums[place] = (x, (slope * (a[0] - x) - a[1]) % q)
        inverse = inverse * denominator % q
    return sums


def _slope(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """Numerator and denominator of the chord or tangent; denominator 0 where the sum is the identity."""
    if a[0] != b[0]:
        return b[1] - a[1], b[0] - a[0]
    # on this curve no point has y = 0, for its order is an odd prime
    return (3 * a[0] * a[0], 2 * a[1]) if (a[1] - b[1]) % BASE_MODULUS == 0 else (0, 0)


def evaluations(coefficients: Sequence[int], root: int) -> list[int]:
    """Values of a polynomial at the powers 1, root, root^2, ... (radix-2 transform).

    Args:
        coefficients: lowest first; their number is a power of two.
        root: primitive root of unity of that order.
    """
    size = len(coefficients)
    if size == 1:
        return list(coefficients)
    square = root * root % SCALAR_MODULUS
    even, odd = evaluations(coefficients[::2], square), evaluations(coefficients[1::2], square)
    low, high, twiddle = [], [], 1
    for a, b in zip(even, odd, strict=True):
        b = b * twiddle % SCALAR_MODULUS
        low.append((a + b) % SCALAR_MODULUS)
        high.append((a - b) % SCALAR_MODULUS)
        twiddle = twiddle * root % SCALAR_MODULUS
    return low + high
