"""Batched curve arithmetic against py_ecc, transforms against their definition."""

from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc import bn128

from verifier_gen.srs.bn254 import (
    BASE_MODULUS,
    G1_GENERATOR,
    SCALAR_MODULUS,
    TWO_ADICITY,
    G1Point,
    add_pairs,
    evaluations,
    root_of_unity,
)
from verifier_gen.srs.multi_scalar import lagrange_basis, multi_scalar_sum, multiples

SCALARS = st.integers(0, SCALAR_MODULUS - 1)
# small and opposite ones, so that doublings, cancellations and the identity come up
CLOSE = st.integers(-4, 4).map(lambda x: x % SCALAR_MODULUS)


def library(scalar: int) -> G1Point:
    point = bn128.multiply(bn128.G1, scalar)
    return None if point is None else (int(point[0]), int(point[1]))


@given(st.lists(st.tuples(CLOSE | SCALARS, CLOSE | SCALARS), min_size=1, max_size=5))
@settings(max_examples=15)
def test_add_pairs_any_multiples_of_the_generator_sum_is_the_librarys(pairs: list[tuple[int, int]]) -> None:
    sums = add_pairs([library(a) for a, _ in pairs], [library(b) for _, b in pairs])
    assert sums == [library((a + b) % SCALAR_MODULUS) for a, b in pairs]


@given(st.lists(st.tuples(CLOSE, st.integers(0, 1 << 20) | SCALARS), min_size=1, max_size=40))
@settings(max_examples=15)
def test_multi_scalar_sum_any_points_and_scalars_is_the_librarys(terms: list[tuple[int, int]]) -> None:
    points = [library(a) for a, _ in terms]
    expected = library(sum(a * b for a, b in terms) % SCALAR_MODULUS)
    assert multi_scalar_sum(points, [b for _, b in terms]) == expected


def test_multi_scalar_sum_zeros_is_the_identity() -> None:
    assert multi_scalar_sum([G1_GENERATOR], [0]) is None


@given(st.lists(SCALARS, min_size=8, max_size=8))
@settings(max_examples=20)
def test_evaluations_any_polynomial_is_its_value_at_each_power_of_the_root(coefficients: list[int]) -> None:
    root = root_of_unity(3, 7)
    expected = [sum(c * pow(root, i * j, SCALAR_MODULUS) for j, c in enumerate(coefficients)) for i in range(8)]
    assert evaluations(coefficients, root) == [value % SCALAR_MODULUS for value in expected]


def test_root_of_unity_both_generators_are_primitive_and_different() -> None:
    for logrows in range(1, TWO_ADICITY + 1):
        for generator in (5, 7):
            assert pow(root_of_unity(logrows, generator), 1 << (logrows - 1), SCALAR_MODULUS) == SCALAR_MODULUS - 1
    assert root_of_unity(8, 5) != root_of_unity(8, 7)


def test_lagrange_basis_of_powers_of_a_known_tau_is_the_basis_at_it() -> None:
    tau, root = 987654321987654321, root_of_unity(3, 7)
    powers = multiples([G1_GENERATOR] * 8, [pow(tau, i, SCALAR_MODULUS) for i in range(8)])
    places = [pow(root, i, SCALAR_MODULUS) for i in range(8)]
    vanishing = (pow(tau, 8, SCALAR_MODULUS) - 1) * pow(8, -1, SCALAR_MODULUS)
    values = [x * vanishing * pow(tau - x, -1, SCALAR_MODULUS) % SCALAR_MODULUS for x in places]
    computed = lagrange_basis(powers, root)
    assert [(p[0] % BASE_MODULUS, p[1] % BASE_MODULUS) for p in computed if p] == [library(v) for v in values]
