"""Timeouts that are learned from many miners' answers, and whom they cost what: a real store, answers as they come."""

from __future__ import annotations

from typing import Any

import pytest

from neurons.validator.asking import Outcome
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.measurements import Measurements
from neurons.validator.questions import Kind
from neurons.validator.scorekeeper import Settlement
from signed_http.refusal import Fault
from tests.integration.validator.crowd import HOTKEYS, LONGEST, Crowd
from tests.integration.validator.miners import Bench


def blames(rounds: list[list[Settlement]], place: int) -> list[Blame]:
    return [settlements[place].blame for settlements in rounds]


@pytest.mark.parametrize("needs", [8.0, 55.0])
def test_timeout_all_miners_slower_than_learned_are_soon_waited_for_again(bench: Bench, needs: float) -> None:
    crowd = Crowd(bench, 5)
    crowd.rounds(3, [2.0] * 5)
    assert crowd.timeout == 6.0
    first, *later = crowd.rounds(4, [needs] * 5)
    # the first two pay for what nobody could know; with the third, most miners are late
    assert [each.blame for each in first] == [Blame.MINER] * 2 + [Blame.NOBODY] * 3
    assert all(each.blame is Blame.NOBODY and each.change is not None for round_ in later for each in round_)
    assert crowd.timeout == min(LONGEST, 3 * needs)
    # and a validator that is started anew knows it from its store
    learned = Measurements(bench.store.measured_seconds())
    assert max(map(max, learned.of_circuit(bench.circuit.manifest.circuit_id))) == needs


def test_timeout_more_than_the_longest_for_all_costs_nobody_more_than_one_fault(bench: Bench) -> None:
    crowd = Crowd(bench, 5)
    crowd.rounds(3, [2.0] * 5)
    found = crowd.rounds(6, [LONGEST + 1] * 5)
    blamed = [blames(found, place).count(Blame.MINER) for place in range(5)]
    assert blamed == [1, 1, 0, 0, 0]
    assert crowd.timeout == LONGEST


@pytest.mark.parametrize("hanging", [1, 2])
def test_timeout_hanging_miners_that_are_fewer_than_half_are_blamed_each_time(bench: Bench, hanging: int) -> None:
    crowd = Crowd(bench, 5)
    crowd.rounds(3, [2.0] * 5)
    found = crowd.rounds(6, [3600.0] * hanging + [2.0] * (5 - hanging))
    for place in range(5):
        assert set(blames(found, place)) == {Blame.MINER if place < hanging else Blame.NOBODY}
    assert crowd.timeout == 6.0


def test_timeout_hanging_miner_alone_is_blamed_each_time(bench: Bench) -> None:
    crowd = Crowd(bench, 1)
    crowd.rounds(9, [2.0])
    assert set(blames(crowd.rounds(9, [3600.0]), 0)) == {Blame.MINER}


def test_timeout_slow_miners_that_are_fewer_than_half_do_not_lift_it(bench: Bench) -> None:
    crowd = Crowd(bench, 5)
    crowd.rounds(3, [2.0] * 5)
    for _ in range(6):
        crowd.rounds(1, [2.0] * 3 + [0.97 * crowd.timeout] * 2)
    assert crowd.timeout == 6.0


def test_timeout_miners_that_have_left_count_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd(bench, 5)
    crowd.rounds(9, [15.0] * 3 + [2.0] * 2)
    assert crowd.timeout == 45.0
    neurons = bench.network.neurons()
    monkeypatch.setattr(bench.network, "neurons", lambda: [each for each in neurons if each.hotkey in HOTKEYS[3:]])
    crowd.settle(crowd.asked(HOTKEYS[4]), 2.0)
    assert crowd.timeout == 6.0


@pytest.mark.parametrize(("needs", "blame"), [(15.0, Blame.NOBODY), (2.0, Blame.MINER)])
def test_settle_query_that_left_a_quick_miner_its_own_time_is_blamed(bench: Bench, needs: float, blame: Blame) -> None:
    """The others' slowness must not make hanging or refusing free."""
    crowd = Crowd(bench, 5)
    crowd.rounds(9, [needs] + [15.0] * 4)
    hung = crowd.settle(crowd.asked(HOTKEYS[0], Kind.QUERY, deadline=20.0), 3600.0)
    refused = crowd.refuse(crowd.asked(HOTKEYS[0], Kind.QUERY, deadline=20.0), Fault.RESPONDER)
    assert (hung.blame, refused.blame) == (blame, blame)


@pytest.mark.parametrize("kind", [Kind.BENCHMARK, Kind.QUERY])
def test_settle_timeout_that_moved_since_the_request_excuses_nothing(bench: Bench, kind: Kind) -> None:
    crowd = Crowd(bench, 3)
    crowd.rounds(3, [4.0, 4.0, 4.0])
    first, second = (crowd.asked(HOTKEYS[2], kind) for _ in range(2))
    crowd.rounds(1, [4.5, 4.5, 4.5])
    assert crowd.timeout > first.seconds
    assert crowd.settle(first, 3600.0).blame is Blame.MINER
    assert crowd.refuse(second, Fault.RESPONDER).blame is Blame.MINER


def test_settle_survey_that_is_not_answered_is_no_measured_time(bench: Bench) -> None:
    crowd = Crowd(bench, 3)
    crowd.rounds(3, [4.0] * 3)
    for hotkey in crowd.hotkeys:
        silent: Any = Outcome(crowd.asked(hotkey), 60.0, None, AnswerFault.TIMED_OUT, None, "", 5.0)
        assert crowd.conclude(silent).blame is Blame.MINER
    assert crowd.timeout == 12.0
