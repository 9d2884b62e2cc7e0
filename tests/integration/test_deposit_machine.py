"""OmronDeposit on Anvil does what a model in plain Python does, to the last revert and unit."""

from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.deposit_machine.machine import deposit_machine


def check_courses(folder: Path, examples: int, steps: int) -> None:
    """So many courses of so many acts each; always the same."""
    course = settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        derandomize=True,
        # a failure is shown as it came: to make it shorter takes minutes
        phases=(Phase.generate,),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with deposit_machine(folder) as machine:
        run_state_machine_as_test(machine, settings=course)


def test_deposit_any_months_answer_as_the_model(tmp_path: Path) -> None:
    check_courses(tmp_path, examples=8, steps=60)
