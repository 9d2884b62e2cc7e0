"""Benchmarks against real miners over HTTP: who is measured, and what those cost that cannot be."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any

import pytest

from neurons.validator.assembly import Workings
from neurons.validator.benchmarks import BenchmarkRule, due_miners
from neurons.validator.blame import MOST_REFUSALS_IN_A_ROW
from neurons.validator.formulas import Formula
from signed_http.refusal import Fault
from tests.integration.neurons.parts import serving
from tests.integration.validator.miners import FIRST, SECOND, Bench, SmallMiner
from veristake.demo.processes import free_port


def measure(bench: Bench, *miners: SmallMiner, rounds: int = 1, interval: float = 3600, **workings: Any) -> None:
    async def go(asking: Workings) -> None:
        benchmarks = asking.benchmarks(BenchmarkRule(interval))
        for _ in range(rounds):
            await asking.fleet.survey()
            await benchmarks.round()
        await asking.asker.aclose()

    with ExitStack() as servers:
        for miner in miners:
            bench.announce(miner.keypair, servers.enter_context(serving(miner.app())))
        asyncio.run(go(bench.workings(**workings)))


@pytest.mark.parametrize("formula", [Formula.PEERS, Formula.OUTPUT])
def test_round_idle_miners_are_measured_once_in_an_interval(bench: Bench, formula: Formula) -> None:
    miners = bench.miner(FIRST), bench.miner(SECOND)
    measure(bench, *miners, rounds=2, formula=formula)
    one = 1 << bench.circuit.manifest.layout.input_scale_bits
    drawn = []
    for miner in miners:
        (request,) = miner.asked
        assert all(-one <= value <= one for value in request.inputs)
        drawn.append(request.inputs)
        (change,) = bench.store.changes(miner.keypair.ss58_address)
        assert (change.kind, change.reason, change.formula, change.nonce) == (
            "benchmark",
            "verified",
            formula,
            request.nonce,
        )
        assert change.figures is not None
        assert change.score == pytest.approx(change.previous + 0.1 * (change.figures["target"] - change.previous))
        # the circuit computes what the model says
        assert change.figures.get("accuracy", 1.0) == 1.0
    assert drawn[0] != drawn[1]


def test_round_miner_that_always_refuses_pays_nothing_within_a_minute(bench: Bench) -> None:
    # more than two minutes cannot be in it; that it pays in the end is in test_settling.py
    measure(bench, bench.miner(FIRST, refusal=Fault.NOBODY), rounds=MOST_REFUSALS_IN_A_ROW + 1, interval=0)
    outcomes = bench.store.outcomes(FIRST.ss58_address)
    assert {(outcome.fault, outcome.blame) for outcome in outcomes} == {("refused", "nobody")}
    assert len(outcomes) == MOST_REFUSALS_IN_A_ROW + 1


def test_round_miner_that_drops_a_circuit_counts_as_refusing(bench: Bench) -> None:
    miner = bench.miner(FIRST)

    async def go(asking: Workings) -> None:
        benchmarks = asking.benchmarks(BenchmarkRule(0))
        for circuits in (None, ()):
            miner.circuits = circuits
            await asking.fleet.survey()
            await benchmarks.round()
        await asking.asker.aclose()

    with serving(miner.app()) as url:
        bench.announce(FIRST, url)
        asyncio.run(go(bench.workings()))
    outcomes = bench.store.outcomes(FIRST.ss58_address)
    assert sorted((str(outcome.fault), outcome.blame) for outcome in outcomes) == [
        ("None", "nobody"),
        ("refused", "nobody"),
    ]


def test_round_miner_that_never_held_a_circuit_owes_nothing(bench: Bench) -> None:
    measure(bench, bench.miner(FIRST, circuits=()))
    assert bench.store.outcomes(FIRST.ss58_address) == ()


def test_round_nobody_reachable_is_the_validators_network_and_costs_nothing(bench: Bench) -> None:
    for keypair in (FIRST, SECOND):
        bench.announce(keypair, f"http://127.0.0.1:{free_port()}")
    measure(bench, rounds=2, interval=0)
    assert [outcome.blame for outcome in bench.store.outcomes(FIRST.ss58_address)] == ["network", "network"]
    assert bench.store.changes(FIRST.ss58_address) == bench.store.changes(SECOND.ss58_address) == ()


def test_round_one_unreachable_beside_one_that_answers_is_blamed(bench: Bench) -> None:
    bench.announce(FIRST, f"http://127.0.0.1:{free_port()}")
    measure(bench, bench.miner(SECOND, refusal=Fault.NOBODY))
    assert [change.reason for change in bench.store.changes(FIRST.ss58_address)] == ["unreachable"]


def test_round_miner_that_is_back_since_the_survey_is_measured(bench: Bench) -> None:
    bench.announce(FIRST, f"http://127.0.0.1:{free_port()}")

    async def go(asking: Workings) -> None:
        assert FIRST.ss58_address in (await asking.fleet.survey()).failed
        with serving(bench.miner(FIRST).app()) as url:
            bench.announce(FIRST, url)
            await asking.benchmarks(BenchmarkRule(3600)).round()
        await asking.asker.aclose()

    asyncio.run(go(bench.workings()))
    assert [change.reason for change in bench.store.changes(FIRST.ss58_address)] == ["verified"]


def test_due_miners_idle_and_longest_unmeasured_come_first() -> None:
    last = {"a": 5.0, "b": 1.0, "c": 0.0}
    assert due_miners("abcd", {"c": 1}, last, now=10.0, interval=5.0) == ["d", "b", "a"]
    assert due_miners("abcd", {}, last, now=9.9, interval=5.0) == ["d", "c", "b"]
