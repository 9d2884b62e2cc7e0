"""Calls in a spawned process: what they raise is an error that says what happened."""

import pytest

from statements.errors import CircuitError
from verifier_gen.isolated import run_isolated


class PanicException(BaseException):
    """As a panic in a Rust extension comes: of a module that no process can import."""


PanicException.__module__ = "pyo3_runtime"


def panics() -> None:
    raise PanicException("not enough rows")


def test_run_isolated_native_code_that_panics_is_a_circuit_error_with_its_words() -> None:
    with pytest.raises(CircuitError, match="EZKL refused in panics: not enough rows"):
        run_isolated(panics)


def test_run_isolated_call_that_answers_hands_its_answer_on() -> None:
    assert run_isolated(len, "four") == 4
