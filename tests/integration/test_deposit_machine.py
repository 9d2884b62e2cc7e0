"""OmronDeposit on Anvil does what a model in plain Python does, to the last revert and unit."""

from pathlib import Path

import pytest

from tests.integration.courses import run_courses
from tests.integration.deposit_machine.courses import Appointments, Claims, Deposits, Signatures
from tests.integration.deposit_machine.machine import DepositMachine, on_stage


def check_courses(course: type[DepositMachine], folder: Path, examples: int, steps: int) -> None:
    """So many courses of so many acts each; always the same."""
    with on_stage(course, folder) as machine:
        run_courses(machine, examples, steps)


@pytest.mark.parametrize(
    ("course", "examples", "steps"), [(Deposits, 4, 50), (Signatures, 8, 15), (Appointments, 5, 40), (Claims, 3, 40)]
)
def test_deposit_any_months_answer_as_the_model(course, examples, steps, tmp_path):
    check_courses(course, tmp_path, examples, steps)
