"""OmronDeposit beside its model through 150 courses; the short form is in tests/integration."""

import pytest

from tests.integration.deposit_machine.courses import Appointments, Claims, Deposits, Everything, Signatures
from tests.integration.test_deposit_machine import check_courses

EXAMPLES, STEPS = 30, 150


@pytest.mark.parametrize("course", [Deposits, Signatures, Appointments, Claims, Everything])
def test_deposit_many_courses_answer_as_the_model(course, tmp_path):
    check_courses(course, tmp_path, EXAMPLES, STEPS)
