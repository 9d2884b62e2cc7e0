"""What every act of the state machine needs: time, the model beside the chain, and the comparison of both."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.integration.feed_machine.node import Question
from tests.integration.feed_machine.observer_model import EPOCH_LENGTH, RefusedError, outcome
from tests.integration.feed_machine.stage import Stage, World

ASSETS = st.sampled_from([0, 0, 0, 1])
"""Mostly the asset whose window is full from the start."""
SELDOM = st.sampled_from([True, True, True, False])
"""Nothing is done three times out of four: what ends much for long would else leave little to be seen."""


class Acting(RuleBasedStateMachine):
    """The stage as it was at the start, and its model.

    Attributes:
        stage: contracts; each example begins at ``snapshot``.
        start: the model of that moment.
        world: the model of now.
    """

    stage: ClassVar[Stage]
    start: ClassVar[World]
    snapshot: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.node = self.stage.node
        self.world = copy.deepcopy(self.start)

    def teardown(self) -> None:
        self.node.revert(self.snapshot)
        type(self).snapshot = self.node.snapshot()

    @property
    def epoch(self) -> int:
        """Of the next block."""
        return self.node.now // EPOCH_LENGTH

    @rule(
        epochs=st.sampled_from([1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4]),
        seconds=st.sampled_from([0, 1, 300, 598, 599, 600, 3590]),
    )
    def pass_epochs(self, epochs: int, seconds: int) -> None:
        self.node.go_to((self.epoch + epochs) * EPOCH_LENGTH + seconds)

    @rule(seconds=st.integers(1, 4000))
    def pass_seconds(self, seconds: int) -> None:
        self.node.go_to(self.node.now + seconds)

    @rule(often=SELDOM)
    def pass_longer_than_a_price_lasts(self, often: bool) -> None:
        if not often:
            self.node.go_to(self.node.now + 27 * EPOCH_LENGTH)

    def both(self, call: Question, sender: str, change: Callable[[], Any]) -> None:
        """Chain and model do the same in the same second, or refuse with the same error."""
        expected = outcome(change)
        refusal = expected[0] if isinstance(expected, tuple) and expected and isinstance(expected[0], str) else "done"
        event(f"{call.function}: {refusal}")
        actual = outcome(lambda: self.node.send(call, sender))
        assert actual == expected, (call.function, call.arguments)

    def agree(self, *pairs: tuple[Question, Callable[[], Any]]) -> None:
        """The chain answers each question as the model does, or refuses with the same error."""
        answers = self.node.ask(*(question for question, _ in pairs))
        for (question, expected), answer in zip(pairs, answers, strict=True):
            actual = answer.error if isinstance(answer, RefusedError) else answer
            assert actual == outcome(expected), (question.function, question.arguments)
