"""Random courses of a state machine, as the gate runs them: always the same ones."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def run_courses(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    """So many courses of so many steps each."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        derandomize=True,
        # a failure is shown as it came: to make it shorter takes minutes
        phases=(Phase.generate,),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)
