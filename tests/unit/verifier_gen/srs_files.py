"""Reference strings with a tau that the test knows, in both file forms."""

import struct
from dataclasses import replace
from pathlib import Path

from verifier_gen.srs.bn254 import BASE_MODULUS, G1_GENERATOR, SCALAR_MODULUS, coordinates, root_of_unity
from verifier_gen.srs.multi_scalar import multiples
from verifier_gen.srs.ptau import SNARKJS_GENERATOR
from verifier_gen.srs.reference_string import HALO2_GENERATOR, ReferenceString, encode_coordinate

# the smallest size at which snarkjs and halo2 order the domain differently
LOGROWS = 6
TAU = 0x1F2E3D4C5B6A79880011223344556677
# EIP-197's generator, real parts first
G2_COORDINATES = (
    10857046999023057135944570762232829481370756359578518086990519993285655852781,
    11559732032986387107991004021392285783925812861821192530917403151452391805634,
    8495653923123431417604973247489272438418190587263600148770280649306958101930,
    4082367875863433681332203403145435568316851327593401208105741076214120093531,
)


def encode(*values: int) -> bytes:
    return b"".join(encode_coordinate(value, BASE_MODULUS) for value in values)


def encode_multiples(scalars: list[int]) -> bytes:
    points = multiples([G1_GENERATOR] * len(scalars), scalars)
    return b"".join(encode(*point) if point is not None else bytes(64) for point in points)


def lagrange_values(tau: int, logrows: int, generator: int) -> list[int]:
    """L_i(tau) = root^i (tau^n - 1) / (n (tau - root^i))."""
    size, root = 1 << logrows, root_of_unity(logrows, generator)
    vanishing = (pow(tau, size, SCALAR_MODULUS) - 1) * pow(size, -1, SCALAR_MODULUS)
    places = [pow(root, i, SCALAR_MODULUS) for i in range(size)]
    return [x * vanishing * pow(tau - x, -1, SCALAR_MODULUS) % SCALAR_MODULUS for x in places]


def encode_g2_multiple(scalar: int) -> bytes:
    from py_ecc import optimized_bn128 as bn128

    x, y = bn128.normalize(bn128.multiply(bn128.G2, scalar))  # type: ignore[attr-defined]  # not exported for mypy
    return encode(*(int(c) for c in x.coeffs), *(int(c) for c in y.coeffs))


def known_string(tau: int = TAU, logrows: int = LOGROWS, generator: int = HALO2_GENERATOR) -> ReferenceString:
    """A sound string; with snarkjs' generator its Lagrange basis is in snarkjs' order."""
    return ReferenceString(
        logrows=logrows,
        powers=encode_multiples([pow(tau, i, SCALAR_MODULUS) for i in range(1 << logrows)]),
        lagrange=encode_multiples(lagrange_values(tau, logrows, generator)),
        g2=encode(*G2_COORDINATES),
        tau_g2=encode_g2_multiple(tau),
    )


def ptau_bytes(tau: int = TAU, power: int = LOGROWS, *, prepared: bool = True, modulus: int = BASE_MODULUS) -> bytes:
    """A .ptau with the sections that are read, and one that is not."""
    widest = known_string(tau, power, SNARKJS_GENERATOR)
    sections = {
        1: struct.pack("<I", 32) + modulus.to_bytes(32, "little") + struct.pack("<II", power, power),
        2: widest.powers + encode_multiples([pow(tau, i, SCALAR_MODULUS) for i in range(1 << power, (2 << power) - 1)]),
        3: widest.g2 + widest.tau_g2,
        7: b"contributions",
    }
    if prepared:
        levels = [encode_multiples(lagrange_values(tau, p, SNARKJS_GENERATOR)) for p in range(power + 1)]
        sections[12] = b"".join(levels)
    body = b"".join(struct.pack("<IQ", kind, len(content)) + content for kind, content in sections.items())
    return b"ptau" + struct.pack("<II", 1, len(sections)) + body


def written(srs: ReferenceString, folder: Path) -> Path:
    path = folder / "ceremony.srs"
    srs.write(path)
    return path


def with_point(content: bytes, place: int, point: bytes) -> bytes:
    return content[: 64 * place] + point + content[64 * (place + 1) :]


def with_power(srs: ReferenceString, place: int, point: bytes) -> ReferenceString:
    return replace(srs, powers=with_point(srs.powers, place, point))


def g2_outside_the_group() -> bytes:
    """A point of the twist that is not of order r: its cofactor is far from one, so the first found is none."""
    from py_ecc import optimized_bn128 as bn128

    for x in range(1, 50):
        square = bn128.FQ2([x, 0]) ** 3 + bn128.b2  # type: ignore[attr-defined]  # not exported for mypy
        root = _square_root(*(int(c) for c in square.coeffs))
        if root is not None:
            return encode(x, 0, *root)
    raise AssertionError("half of all x have a point")


def _square_root(real: int, imaginary: int) -> tuple[int, int] | None:
    """In the quadratic extension by the root of -1, for q = 3 mod 4."""
    q, half = BASE_MODULUS, pow(2, -1, BASE_MODULUS)
    norm = pow(real * real + imaginary * imaginary, (q + 1) // 4, q)
    for sign in (1, -1):
        candidate = (real + sign * norm) * half % q
        first = pow(candidate, (q + 1) // 4, q)
        if first and first * first % q == candidate:
            second = imaginary * pow(2 * first, -1, q) % q
            if ((first * first - second * second) % q, 2 * first * second % q) == (real, imaginary):
                return first, second
    return None


def decoded(content: bytes) -> list[int]:
    return coordinates(content)
