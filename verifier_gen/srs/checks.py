"""Whether a reference string is what it should be: powers of one tau in G1 and G2, and its Lagrange basis.

What no check can show is that nobody knows tau: that is what a ceremony is trusted for.
"""

from __future__ import annotations

import secrets
from typing import Any

from py_ecc import optimized_bn128 as _untyped_bn128

from statements.errors import CircuitError
from verifier_gen.srs.bn254 import G1_GENERATOR, G1Point, coordinates, evaluations, g1_points, root_of_unity
from verifier_gen.srs.multi_scalar import multi_scalar_sum
from verifier_gen.srs.reference_string import HALO2_GENERATOR, ReferenceString

# its package does not export what it documents, as mypy sees it
bn128: Any = _untyped_bn128
_RANDOM_BITS = 128
"""A false string passes a check with probability 2^-128."""


def check_reference_string(srs: ReferenceString) -> None:
    """Check points, powers and Lagrange basis.

    With random c_i of 128 bits and p(X) = sum of c_i X^i:

    - e(sum of c_i tau^(i+1) G1, G2) = e(sum of c_i tau^i G1, tau G2) over i below n - 1: one tau throughout;
    - sum of c_i tau^i G1 = sum of p(root^j) L_j: the basis is that of halo2's domain at the same tau.

    Raises:
        CircuitError: one of these does not hold, naming which.
    """
    powers = _points(srs.powers, "tau in G1")
    tau_g2 = _second_group(srs.g2, srs.tau_g2)
    if powers[0] != G1_GENERATOR:
        raise _refused("tau in G1 does not begin with the generator (1, 2)")
    if powers[1] == G1_GENERATOR or powers[1] is None:
        raise _refused("tau is trivial: its first power is the generator itself")
    random = [secrets.randbits(_RANDOM_BITS) for _ in powers]
    lower = multi_scalar_sum(powers[:-1], random[:-1])
    upper = multi_scalar_sum(powers[1:], random[:-1])
    # one exponentiation for both pairings: e(upper, G2) e(-lower, tau G2) = 1
    product = bn128.pairing(bn128.G2, _library_point(upper), final_exponentiate=False)
    product *= bn128.pairing(tau_g2, bn128.neg(_library_point(lower)), final_exponentiate=False)
    if bn128.final_exponentiate(product) != bn128.FQ12.one():
        raise _refused("its points are not successive powers of one tau (pairing check)")
    if srs.lagrange is not None:
        _check_lagrange(_points(srs.lagrange, "the Lagrange basis"), srs.logrows, powers, random)


def _check_lagrange(basis: list[G1Point], logrows: int, powers: list[G1Point], random: list[int]) -> None:
    values = evaluations(random, root_of_unity(logrows, HALO2_GENERATOR))
    if multi_scalar_sum(basis, values) != multi_scalar_sum(powers, random):
        raise _refused("its Lagrange basis is not that of its powers of tau over halo2's domain")


def _points(content: bytes, name: str) -> list[G1Point]:
    try:
        return g1_points(content)
    except ValueError as error:
        raise _refused(f"{name}: {error}") from error


def _second_group(generator: bytes, tau: bytes) -> Any:
    """The point tau * G2 for the library, after checking both points."""
    try:
        first, second = (_library_twist(content) for content in (generator, tau))
    except ValueError as error:
        raise _refused(f"tau in G2: {error}") from error
    if not bn128.eq(first, bn128.G2):
        raise _refused("tau in G2 does not begin with the generator")
    # unlike G1, the twist has points outside the group of order r
    if (
        bn128.is_inf(second)
        or not bn128.is_on_curve(second, bn128.b2)
        or not bn128.is_inf(bn128.multiply(second, bn128.curve_order))
    ):
        raise _refused("tau * G2 is not in the group of order r")
    return second


def _library_twist(content: bytes) -> Any:
    x0, x1, y0, y1 = coordinates(content)
    return bn128.FQ2([x0, x1]), bn128.FQ2([y0, y1]), bn128.FQ2.one()


def _library_point(point: G1Point) -> Any:
    return (
        (bn128.FQ.one(), bn128.FQ.one(), bn128.FQ.zero())
        if point is None
        else (bn128.FQ(point[0]), bn128.FQ(point[1]), bn128.FQ.one())
    )


def _refused(reason: str) -> CircuitError:
    return CircuitError(f"this is no sound SRS: {reason}", remedy="Take the file from the ceremony's own publication")
