"""Each operator that `verifier_gen/graph/operators.py` lists, tried on the EZKL that is installed."""

from pathlib import Path

import pytest

from tests.soak.operator_cases import CASES, WRONG
from tests.soak.operators import BOUND, error_of
from verifier_gen.graph.operators import SUPPORTED


def test_cases_cover_the_list() -> None:
    assert set(CASES) == set(SUPPORTED)


@pytest.mark.parametrize("operator", sorted(CASES))
def test_operator_agrees_with_onnxruntime(operator: str, tmp_path: Path) -> None:
    assert error_of(CASES[operator], tmp_path) < BOUND


@pytest.mark.parametrize("operator", WRONG)
def test_operator_that_is_refused_is_wrong_indeed(operator: str, tmp_path: Path) -> None:
    assert error_of(WRONG[operator], tmp_path) > 0.1
