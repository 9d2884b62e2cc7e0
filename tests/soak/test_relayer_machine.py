"""A relayer through three hundred long courses of random faults; the short form is in tests/integration."""

from tests.integration.test_relayer_machine import check_courses

EXAMPLES, STEPS = 300, 40


def test_relayer_many_courses_of_faults_lands_each_job_once() -> None:
    check_courses(EXAMPLES, STEPS)
