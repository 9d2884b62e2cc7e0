"""Refusals whose cause the miners share cost nobody; those of a few cost these few: with a real store."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from neurons.validator.asking import Obstacle
from neurons.validator.blame import MOST_REFUSALS_IN_A_ROW, Blame
from neurons.validator.explain import explain
from neurons.validator.questions import Kind
from signed_http.errors import PeerRefusedError
from signed_http.refusal import Fault, Refusal
from tests.integration.validator.crowd import HOTKEYS, Crowd
from tests.integration.validator.miners import Bench

MINUTES = range(1, MOST_REFUSALS_IN_A_ROW + 4)
PERMIT = (Fault.CALLER, "no_validator_permit", Blame.VALIDATOR)
CLOCK = (Fault.CALLER, "unauthenticated", Blame.VALIDATOR)
NETWORK = (Fault.NOBODY, "network_unavailable", Blame.NETWORK)
CHAIN = (Fault.RESPONDER, "chain_unavailable", Blame.NETWORK)


def crowd_of(bench: Bench, miners: int) -> Crowd:
    crowd = Crowd(bench, miners)
    crowd.rounds(1, [2.0] * miners)
    return crowd


@pytest.mark.parametrize(("refusal", "code", "blame"), [PERMIT, CLOCK, NETWORK])
@pytest.mark.parametrize("miners", [1, 3])
def test_settle_all_miners_refuse_alike_costs_nobody_and_is_told(
    bench: Bench, miners: int, refusal: Fault, code: str, blame: Blame
) -> None:
    crowd = crowd_of(bench, miners)
    before = bench.store.score_by_hotkey()
    with capture_logs() as logs:
        for minute in MINUTES:
            found = [crowd.refuse(crowd.asked(each), refusal, code, at=60.0 * minute).blame for each in crowd.hotkeys]
    assert set(found) == {blame}
    assert bench.store.score_by_hotkey() == before
    told = [entry for entry in logs if entry["event"] == "most_miners_refuse"]
    assert {(entry["log_level"], entry["blame"]) for entry in told} == {("error", blame)}
    # and what was not the miners' fault is not counted in a row afterwards
    assert crowd.refuse(crowd.asked(HOTKEYS[0]), Fault.NOBODY, at=7200.0).blame is Blame.NOBODY


def test_settle_broken_node_of_all_miners_costs_only_those_before_it_was_most(bench: Bench) -> None:
    crowd = crowd_of(bench, 3)
    refusal, code, _ = CHAIN
    found = [
        [crowd.refuse(crowd.asked(hotkey), refusal, code, at=60.0 * minute).blame for hotkey in crowd.hotkeys]
        for minute in MINUTES
    ]
    assert found == [[Blame.MINER, Blame.NETWORK, Blame.NETWORK], *[[Blame.NETWORK] * 3] * (len(MINUTES) - 1)]


@pytest.mark.parametrize(("refusal", "code", "_"), [PERMIT, NETWORK])
def test_settle_fewer_than_half_refuse_while_the_others_serve_are_blamed_in_the_end(
    bench: Bench, refusal: Fault, code: str, _: Blame
) -> None:
    crowd = crowd_of(bench, 5)
    blamed = []
    for minute in MINUTES:
        for hotkey in HOTKEYS[:2]:
            for _again in range(2):  # requests do not count, miners do
                blamed.append(crowd.refuse(crowd.asked(hotkey), refusal, code, at=60.0 * minute).blame)
        for hotkey in HOTKEYS[2:]:
            crowd.settle(crowd.asked(hotkey), 2.0)
    free = 4 * MOST_REFUSALS_IN_A_ROW
    assert set(blamed[:free]) == {Blame.NOBODY}
    assert blamed[free : free + 4] == [Blame.MINER, Blame.NOBODY] * 2


def test_settle_miners_that_never_proved_cannot_refuse_for_one_that_did(bench: Bench) -> None:
    crowd = Crowd(bench, 5)
    for hotkey in HOTKEYS[:2]:
        crowd.settle(crowd.asked(hotkey), 2.0)
    found = []
    for minute in MINUTES:
        for hotkey in HOTKEYS[2:]:
            crowd.refuse(crowd.asked(hotkey), Fault.CALLER, at=60.0 * minute)
        found.append(crowd.refuse(crowd.asked(HOTKEYS[0]), Fault.CALLER, at=60.0 * minute).blame)
    assert found[-1] is Blame.MINER


def test_settle_refusals_of_one_kind_do_not_excuse_those_of_another(bench: Bench) -> None:
    crowd = crowd_of(bench, 3)
    for hotkey in HOTKEYS[:3]:
        crowd.refuse(crowd.asked(hotkey, Kind.QUERY), Fault.CALLER)
    assert crowd.refuse(crowd.asked(HOTKEYS[0], Kind.BENCHMARK), Fault.CALLER).blame is Blame.NOBODY


@pytest.mark.parametrize(("authentic", "last"), [(True, Blame.VALIDATOR), (False, Blame.MINER)])
def test_settle_surveys_refused_as_the_validators_fault_are_blamed_on_it(
    bench: Bench, authentic: bool, last: Blame
) -> None:
    """A clock that is off, or a lost permit, is refused before any circuit is asked for."""
    crowd = crowd_of(bench, 2)
    said = Refusal(code="unauthenticated", message="your clock is off", fault=Fault.CALLER)
    obstacle = Obstacle.of_survey(PeerRefusedError("http://miner", 401, said, authentic=authentic))
    asker = bench.workings().asker
    for minute in MINUTES:
        for hotkey in crowd.hotkeys:
            outcome = asker.not_asked(hotkey, crowd.asked(hotkey).question, 60.0, obstacle)
            found = crowd.conclude(replace(outcome, asked_at=60.0 * minute))
    assert found.blame is last


def test_explain_refusal_that_cost_something_says_why(bench: Bench) -> None:
    crowd = crowd_of(bench, 2)
    for minute in MINUTES[: MOST_REFUSALS_IN_A_ROW + 1]:
        crowd.refuse(crowd.asked(HOTKEYS[0]), Fault.NOBODY, at=60.0 * minute, detail="no room\x1b[2J")
    told = "\n".join(explain(bench.store, bench.network.neurons(), HOTKEYS[0], 1).lines())
    assert "minute 9 in a row without a proof of this kind; 8 are free" in told
    assert "it was allowed 60 s" in told
    assert "its refusal: fault nobody, code queue_full" in told
    assert "in words: no room [2J" in told


def test_explain_refusal_as_its_own_fault_says_so(bench: Bench) -> None:
    crowd = crowd_of(bench, 2)
    crowd.refuse(crowd.asked(HOTKEYS[0]), Fault.RESPONDER, "proving_failed")
    told = "\n".join(explain(bench.store, bench.network.neurons(), HOTKEYS[0], 1).lines())
    assert "its signed refusal calls that its own fault" in told
    assert "in a row" not in told
