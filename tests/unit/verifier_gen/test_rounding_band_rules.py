"""Each rule of the band against every pair of provers that it speaks of."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from verifier_gen.reference.spread import Spread, blended, divided, product

DIVISOR = 4


def pairs(low: int, high: int, delta: int) -> list[tuple[int, int]]:
    values = range(low, high + 1)
    return [(a, b) for a, b in itertools.product(values, values) if abs(a - b) <= delta]


def spread(low: int, high: int, delta: int) -> Spread:
    return Spread(*(np.array([[x]], dtype=np.int64) for x in (low, high, delta)))


def roundings(dividend: int) -> set[int]:
    return {dividend // DIVISOR, -(-dividend // DIVISOR)}


@st.composite
def intervals(draw: st.DrawFn, lowest: int, highest: int) -> tuple[int, int, int]:
    low = draw(st.integers(lowest, highest))
    high = draw(st.integers(low, min(highest, low + 3)))
    return low, high, draw(st.integers(0, high - low))


@given(intervals(0, DIVISOR), intervals(-9, 9), intervals(-9, 9))
def test_blended_all_pairs_of_provers_stay_within_it(
    share: tuple[int, int, int], toward: tuple[int, int, int], origin: tuple[int, int, int]
) -> None:
    bound = blended(spread(*share), spread(*toward), spread(*origin), DIVISOR)
    widest = 0
    for (f, f2), (c, c2), (g, g2) in itertools.product(pairs(*share), pairs(*toward), pairs(*origin)):
        first = {g + q for q in roundings(f * (c - g))}
        second = {g2 + q for q in roundings(f2 * (c2 - g2))}
        widest = max(widest, *(abs(a - b) for a in first for b in second))
        assert bound.low.min() <= min(first)
        assert max(first) <= bound.high.max()
    assert widest <= bound.delta.max()


def test_blended_two_roundings_apart_is_reached() -> None:
    # shares 1 and 2 of a gap of 6 (over 4): 1.5 and 3; the second prover rounds 1.5 down, the first has no choice
    bound = blended(spread(1, 2, 1), spread(6, 6, 0), spread(0, 0, 0), DIVISOR)
    assert max(abs(a - b) for a in roundings(6) for b in roundings(12)) == 2
    assert bound.delta.max() == 3


def test_blended_cells_apart_carry_over_by_the_share() -> None:
    bound = blended(spread(3, 3, 0), spread(0, 3, 3), spread(0, 0, 0), DIVISOR)
    # 3 * 3 / 4 = 2.25, rounded up, against 0
    assert max(roundings(9)) == 3
    assert bound.delta.max() >= 3


@given(intervals(-6, 6), intervals(-6, 6))
def test_product_all_pairs_of_provers_stay_within_it(left: tuple[int, int, int], right: tuple[int, int, int]) -> None:
    bound = product(spread(*left), spread(*right))
    for (a, a2), (b, b2) in itertools.product(pairs(*left), pairs(*right)):
        assert bound.low.min() <= a * b <= bound.high.max()
        assert abs(a * b - a2 * b2) <= bound.delta.max()


@given(intervals(-30, 30))
def test_divided_all_pairs_of_provers_stay_within_it(dividend: tuple[int, int, int]) -> None:
    bound = divided(spread(*dividend), DIVISOR)
    for x, x2 in pairs(*dividend):
        for a, b in itertools.product(roundings(x), roundings(x2)):
            assert abs(a - b) <= bound.delta.max()
            assert bound.low.min() <= a <= bound.high.max()


def test_divided_bound_is_reached() -> None:
    # 7 / 4 up is 2, 9 / 4 up is 3, down 2; 7 / 4 down is 1
    assert divided(spread(7, 9, 2), DIVISOR).delta.max() == 2
    assert max(roundings(9)) - min(roundings(7)) == 2
