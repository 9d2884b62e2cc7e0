"""Competitions: the formula, the lead on both databases, and a round against a real miner."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.validator.competition import entry_score, is_new_best
from neurons.validator.competition_store import CompetitionStore, MeasuredEntry
from neurons.validator.competitions import Competition, Competitions
from neurons.validator.store import open_store
from tests.integration.neurons.parts import serving
from tests.integration.validator.miners import FIRST, SECOND, THIRD, Bench

UNIT, SECONDS = st.floats(0, 1), st.floats(0.001, 1000)


@given(UNIT, UNIT, SECONDS, SECONDS, SECONDS)
def test_entry_score_nearer_and_faster_never_earns_less(
    one: float, other: float, first: float, second: float, reference: float
) -> None:
    low, high = sorted((one, other))
    quick, slow = sorted((first, second))
    assert 0 <= entry_score(low, slow, reference) <= entry_score(high, quick, reference) <= 1
    assert entry_score(1.0, reference, reference) == pytest.approx(0.975)


@given(UNIT, UNIT)
def test_is_new_best_needs_more_than_two_per_cent(best: float, score: float) -> None:
    assert is_new_best(score, best) == (score > 1.02 * best)
    assert is_new_best(score, None) == (score > 0)


def entry(hotkey: str, score: float) -> MeasuredEntry:
    return MeasuredEntry(
        competition="staking",
        hotkey=hotkey,
        circuit_id="0x" + "cc" * 32,
        accuracy=1.0,
        proof_bytes=1952,
        seconds=1.0,
        score=score,
    )


def test_add_lead_moves_to_a_clearly_better_entry_only(state_url: str) -> None:
    state = open_store(state_url, "validator")
    store = CompetitionStore(state.engine)
    assert store.leader("staking") is None
    assert [store.add(entry(*each)) for each in (("a", 0.5), ("b", 0.51), ("c", 0.52), ("a", 0.53))] == [
        True,
        False,
        True,
        False,
    ]
    assert store.leader("staking") == entry("c", 0.52)
    assert store.leader("other") is None
    state.close()


def test_round_entries_are_measured_on_the_same_inputs_and_strange_ones_passed_over(bench: Bench) -> None:
    taking, idle = bench.miner(FIRST, competes=True), bench.miner(SECOND)
    strange = bench.miner(THIRD, competes=True, entered="0x" + "99" * 32)
    workings = bench.workings()
    store = CompetitionStore(bench.store.engine)
    running: dict[str, Any] = {
        "circuits": workings.circuits,
        "fleet": workings.fleet,
        "asker": workings.asker,
        "scorekeeper": workings.scorekeeper,
        "store": store,
    }

    async def go() -> None:
        await workings.fleet.survey()
        await Competitions(**running).round(Competition("staking", bench.circuit, 1.0, 10.0))
        await workings.asker.aclose()

    with ExitStack() as servers:
        for miner in (taking, idle, strange):
            bench.announce(miner.keypair, servers.enter_context(serving(miner.app())))
        asyncio.run(go())
    leader = store.leader("staking")
    assert leader is not None
    assert (leader.hotkey, len(taking.asked), len(idle.asked), len(strange.asked)) == (FIRST.ss58_address, 1, 0, 0)
    # what the circuit gives lies near the float network's outputs
    assert 0.999 < leader.accuracy <= 1
    assert leader.score == pytest.approx(entry_score(leader.accuracy, leader.seconds, 10.0))
    assert [change.kind for change in bench.store.changes(FIRST.ss58_address)] == ["benchmark"]
