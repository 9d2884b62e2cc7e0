"""Some of the operators of `tests/soak/test_operators.py`, and one that EZKL computes wrong."""

from pathlib import Path

import pytest

from tests.soak.operator_cases import CASES, WRONG
from tests.soak.operators import BOUND, error_of
from verifier_gen.graph.operators import SUPPORTED


def test_cases_cover_the_list_of_operators() -> None:
    assert set(CASES) == set(SUPPORTED)


@pytest.mark.parametrize("operator", ["Gemm", "Softmax", "Conv"])
def test_operator_agrees_with_onnxruntime(operator: str, tmp_path: Path) -> None:
    assert error_of(CASES[operator], tmp_path) < BOUND


def test_operator_that_is_refused_is_wrong_indeed(tmp_path: Path) -> None:
    assert error_of(WRONG["Trilu"], tmp_path) > 0.1
