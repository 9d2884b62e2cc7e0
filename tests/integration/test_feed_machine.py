"""Observer, registry and feed on Anvil do what a model in plain Python does, to the last revert and figure."""

from pathlib import Path

from tests.integration.courses import run_courses
from tests.integration.feed_machine.machine import feed_machine


def check_courses(folder: Path, examples: int, steps: int) -> None:
    """So many courses of so many acts each; always the same."""
    with feed_machine(folder) as machine:
        run_courses(machine, examples, steps)


def test_observer_and_feed_any_weeks_answer_as_the_model(tmp_path: Path) -> None:
    check_courses(tmp_path, examples=7, steps=80)
