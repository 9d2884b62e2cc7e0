from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.validator.api.quantise import WrongInputError, circuit_inputs, quantised
from statements.instances import InstanceLayout

LAYOUT = InstanceLayout(
    input_count=2, tag_limbs=8, tag_limb_bits=16, output_count=1, input_scale_bits=12, output_scale_bits=12
)


@given(st.floats(-1, 1), st.integers(0, 24))
def test_quantised_is_the_nearest_integer_halves_away_from_zero(value: float, bits: int) -> None:
    exact = Fraction(value) * 2**bits
    given_back = quantised(value, bits)
    assert abs(given_back - exact) <= Fraction(1, 2)
    if abs(given_back - exact) == Fraction(1, 2):
        assert abs(given_back) > abs(exact)
    assert quantised(-value, bits) == -given_back


@given(st.integers(-4096, 4096))
def test_quantised_integer_over_the_scale_comes_back(integer: int) -> None:
    assert quantised(integer / 4096, 12) == integer


def test_circuit_inputs_takes_integers_as_they_are_and_rounds_values() -> None:
    assert circuit_inputs(LAYOUT, (4096, -4096), None) == (4096, -4096)
    assert circuit_inputs(LAYOUT, None, (1.0, -0.5)) == (4096, -2048)
    assert circuit_inputs(LAYOUT, None, (1.5 / 4096, -2.5 / 4096)) == (2, -3)


@pytest.mark.parametrize(
    ("inputs", "values", "said"),
    [
        ((1, 2), (0.1, 0.2), "both inputs and values are given"),
        (None, None, "neither inputs nor values is given"),
        ((1, 2, 3), None, "inputs has 3 numbers, the circuit takes 2"),
        (None, (), "values has 0 numbers, the circuit takes 2"),
        ((0, 4097), None, "inputs[1] = 4097 is outside the circuit's range -4096 to 4096"),
        ((-(10**5000), 0), None, "inputs[0] = a number of thousands of digits is outside"),
        (None, (0.0, -1.001), "values[1] = -1.001 is outside the circuit's range -1 to 1"),
        (None, (math.nan, 0.0), "values[0] = nan is not a finite number"),
        (None, (0.0, -math.inf), "values[1] = -inf is not a finite number"),
    ],
)
def test_circuit_inputs_what_does_not_fit_is_named_with_a_remedy(
    inputs: tuple[int, ...] | None, values: tuple[float, ...] | None, said: str
) -> None:
    with pytest.raises(WrongInputError) as refused:
        circuit_inputs(LAYOUT, inputs, values)
    assert refused.value.message.startswith(said)
    assert refused.value.remedy
