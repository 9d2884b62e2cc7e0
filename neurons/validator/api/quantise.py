"""From what a caller gives to the integers that a circuit takes: one rule, exact, one error that says what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from statements.errors import VeristakeError
from statements.instances import InstanceLayout


class WrongInputError(VeristakeError):
    """An input has the wrong length, leaves the circuit's range, or is not a number."""


def input_bound(layout: InstanceLayout) -> int:
    """Largest magnitude of an input, at 2^input_scale_bits: one, to which the correctness gate examines circuits."""
    return 1 << layout.input_scale_bits


def quantised(value: float, scale_bits: int) -> int:
    """``value * 2^scale_bits`` to the nearest integer, halves away from zero; as EZKL rounds, but exact.

    Raises:
        ValueError: the value is not finite.
        OverflowError: the value is infinite.
    """
    scaled = Fraction(value) * (1 << scale_bits)
    magnitude = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return magnitude if scaled >= 0 else -magnitude


def circuit_inputs(
    layout: InstanceLayout, inputs: Sequence[int] | None, values: Sequence[float] | None
) -> tuple[int, ...]:
    """The integers that the circuit takes, in its order.

    Args:
        layout: of the circuit.
        inputs: signed integers at 2^input_scale_bits, or None.
        values: real numbers in [-1, 1], or None.

    Raises:
        WrongInputError: both or neither are given, or one of them does not fit the circuit.
    """
    if (inputs is None) == (values is None):
        raise WrongInputError(
            "both inputs and values are given" if inputs is not None else "neither inputs nor values is given",
            remedy="Give inputs (integers at the circuit's scale) or values (real numbers), not both",
        )
    field, given = ("inputs", inputs) if inputs is not None else ("values", values)
    assert given is not None  # noqa: S101 - tells mypy what the check above has made sure
    if len(given) != layout.input_count:
        raise WrongInputError(
            f"{field} has {len(given)} numbers, the circuit takes {layout.input_count}",
            remedy="GET /v1/circuits tells how many each circuit takes",
        )
    bound, scale = input_bound(layout), layout.input_scale_bits
    return tuple(_checked(f"{field}[{i}]", x, bound, scale, field) for i, x in enumerate(given))


def _checked(name: str, number: float, bound: int, scale: int, field: str) -> int:
    try:
        integer = number if isinstance(number, int) and field == "inputs" else quantised(number, scale)
    except (ValueError, OverflowError) as error:
        raise WrongInputError(f"{name} = {number} is not a finite number", remedy="Give a real number") from error
    if abs(integer) > bound:
        limits = f"-{bound} to {bound}" if field == "inputs" else "-1 to 1"
        raise WrongInputError(
            f"{name} = {_short(number)} is outside the circuit's range {limits}",
            remedy="Clip or rescale it: outside this range the circuit was never examined",
        )
    return integer


def _short(number: float) -> str:
    try:
        text = repr(number)
    except ValueError:  # Python prints no integer of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 40 else text[:40] + "..."
