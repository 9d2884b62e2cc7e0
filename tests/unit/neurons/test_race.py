"""Whom a query may ask again, and when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.race import BLAMED_REST_SECONDS, LONGEST_REST_SECONDS, RESTART_SECONDS, Race

QUESTION: Any = None
AGAIN = {AnswerFault.REFUSED, AnswerFault.UNREACHABLE, AnswerFault.VERIFIER_FAILED}


def failing(fault: AnswerFault, retry_after: float | None = None, allowed: float = 60.0) -> Any:
    asked = SimpleNamespace(seconds=allowed)
    return SimpleNamespace(hotkey="miner", fault=fault, retry_after=retry_after, asked=asked)


def race() -> Race:
    return Race(QUESTION, started=0.0, deadline=1000.0, longest=60.0)


@pytest.mark.parametrize("fault", sorted(AnswerFault))
def test_failed_only_what_passes_lets_a_miner_run_again(fault: AnswerFault) -> None:
    run = race()
    run.failed(failing(fault), Blame.NOBODY, now=10.0)
    assert run.not_now(10.5) == {"miner"}
    assert run.may_still_answer(["miner"], [], 10.5) is (fault in AGAIN)
    assert run.not_now(11.0) == (set() if fault in AGAIN else {"miner"})
    assert run.next_return(10.5) == (11.0 if fault in AGAIN else 1000.0)


@pytest.mark.parametrize(("blame", "rest"), [(Blame.NOBODY, 1.0), (Blame.MINER, BLAMED_REST_SECONDS)])
def test_failed_learned_timeout_was_too_short_gets_the_longest_once(blame: Blame, rest: float) -> None:
    run = race()
    run.failed(failing(AnswerFault.TIMED_OUT, allowed=7.2), blame, now=10.0)
    assert run.too_short_for == {"miner"}
    assert run.may_still_answer(["miner"], [], 10.5)
    assert run.next_return(10.5) == 10.0 + rest
    run.failed(failing(AnswerFault.TIMED_OUT, allowed=60.0), blame, now=100.0)
    assert not run.may_still_answer(["miner"], [], 100.5)


def test_failed_again_rests_twice_as_long_and_never_too_long() -> None:
    run = race()
    ends = []
    for _ in range(8):
        run.failed(failing(AnswerFault.REFUSED), Blame.NOBODY, now=0.0)
        ends.append(run.next_return(0.0))
    assert ends == [1, 2, 4, 8, 16, 32, LONGEST_REST_SECONDS, LONGEST_REST_SECONDS]


@pytest.mark.parametrize(
    ("retry_after", "blame", "rest"),
    [
        (7.5, Blame.NOBODY, 7.5),
        (1e300, Blame.NOBODY, LONGEST_REST_SECONDS),
        (0.0, Blame.NOBODY, 1.0),
        (None, Blame.MINER, BLAMED_REST_SECONDS),
    ],
)
def test_failed_refusal_rests_as_long_as_it_says_within_bounds(
    retry_after: float | None, blame: Blame, rest: float
) -> None:
    run = race()
    run.failed(failing(AnswerFault.REFUSED, retry_after), blame, now=5.0)
    assert run.next_return(5.0) == 5.0 + rest


def test_may_still_answer_nobody_known_is_no_hope() -> None:
    assert not race().may_still_answer([], [], 0.0)


def test_may_still_answer_silent_miner_is_hope_while_it_may_be_starting() -> None:
    run = race()
    assert run.may_still_answer([], ["silent"], RESTART_SECONDS - 1)
    assert not run.may_still_answer([], ["silent"], RESTART_SECONDS)
    assert run.may_still_answer(["holder"], ["silent"], 999.0)


def test_may_still_answer_silent_miner_that_has_failed_for_good_is_no_hope() -> None:
    run = race()
    run.failed(failing(AnswerFault.INVALID_PROOF), Blame.MINER, now=1.0)
    assert not run.may_still_answer([], ["miner"], 2.0)
