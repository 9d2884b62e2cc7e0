"""OmronDeposit beside its model through two hundred courses; the short form is in tests/integration."""

from pathlib import Path

from tests.integration.test_deposit_machine import check_courses

EXAMPLES, STEPS = 200, 150


def test_deposit_many_courses_answer_as_the_model(tmp_path: Path) -> None:
    check_courses(tmp_path, EXAMPLES, STEPS)
