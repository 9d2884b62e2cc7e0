"""Observer, registry and feed on Anvil do what a model in plain Python does, to the last revert and figure."""

from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.feed_machine.machine import feed_machine


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
    with feed_machine(folder) as machine:
        run_state_machine_as_test(machine, settings=course)


def test_observer_and_feed_any_weeks_answer_as_the_model(tmp_path: Path) -> None:
    check_courses(tmp_path, examples=7, steps=80)
