"""Parsing at the edge: each malformed value is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from statements.quantities import (
    FIELD_MODULUS,
    Address,
    BigInteger,
    FieldElement,
    Hash32,
    HexBytes,
    from_field,
    to_field,
)

HALF = (FIELD_MODULUS - 1) // 2


@given(st.integers(-HALF, HALF))
def test_to_field_and_from_field_are_inverse(value: int) -> None:
    element = to_field(value)
    assert 0 <= element < FIELD_MODULUS
    assert from_field(element) == value


@pytest.mark.parametrize("value", [HALF + 1, -HALF - 1])
def test_to_field_value_whose_sign_would_be_lost_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="sign"):
        to_field(value)


@pytest.mark.parametrize("element", [-1, FIELD_MODULUS])
def test_from_field_outside_the_field_is_refused(element: int) -> None:
    with pytest.raises(ValueError, match="not a field element"):
        from_field(element)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Address, "0x12", "not an address"),
        (Address, 5, "not an address"),
        (Address, "0x5FbDB2315678afecb367f032d93F642f64180aA3", "checksum"),
        (BigInteger, "1.5", "decimal"),
        (BigInteger, "007", "decimal"),
        (BigInteger, True, "not an integer"),
        (BigInteger, 1.0, "not an integer"),
        (Hash32, "0xabcd", "not 32 bytes"),
        (HexBytes, "0xabc", "even number"),
        (FieldElement, hex(FIELD_MODULUS), "below the field modulus"),
        (FieldElement, FIELD_MODULUS, "below the field modulus"),
        (FieldElement, "12", "not a field element"),
        (FieldElement, False, "not a field element"),
    ],
)
def test_parse_malformed_value_is_refused_with_its_reason(kind, value, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(kind).validate_python(value)


def test_parse_address_lower_case_gets_its_checksum() -> None:
    lower = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
    assert TypeAdapter(Address).validate_python(lower) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def test_big_integer_beyond_2_to_the_53_survives_json() -> None:
    adapter = TypeAdapter(BigInteger)
    assert adapter.validate_json(adapter.dump_json(2**96 - 1)) == 2**96 - 1
    assert adapter.dump_json(2**60) == b'"1152921504606846976"'
