"""Benchmarks and rounds of competitions that cannot be finished: none piles up, none ends the validator."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from neurons.validator.benchmarks import BenchmarkRule, Benchmarks
from neurons.validator.competitions import CompetitionParts, Competitions
from neurons.validator.entries.entering import Competition, Entries
from statements.instances import InstanceLayout

LAYOUT = InstanceLayout(
    input_count=1, tag_limbs=1, tag_limb_bits=1, output_count=1, input_scale_bits=1, output_scale_bits=1
)
CIRCUIT: Any = SimpleNamespace(manifest=SimpleNamespace(circuit_id="circuit", layout=LAYOUT))


def fleet(**fields: Any) -> Any:
    capabilities = SimpleNamespace(competitions=("race",))
    able = {hotkey: (SimpleNamespace(endpoint="http://127.0.0.1:1"), capabilities) for hotkey in "ab"}
    survey = SimpleNamespace(able=able, failed={}, holders=lambda _: [*able])
    return SimpleNamespace(latest_survey=survey, in_flight=lambda _: 0, **fields)


def benchmarks(**parts: Any) -> Benchmarks:
    return Benchmarks(hotkey="own", circuits=(CIRCUIT,), rule=BenchmarkRule(interval=0.0), **parts)


def test_rounds_what_still_waits_is_not_asked_for_again() -> None:
    async def go() -> list[int]:
        measuring = benchmarks(fleet=fleet(), asker=None, scorekeeper=None)
        counts = []
        for _ in range(3):
            rounds = measuring._rounds()
            counts.append(len(rounds))
            for each in rounds:
                each.close()
        return counts

    assert asyncio.run(go()) == [2, 0, 0]


def test_round_defect_of_one_benchmark_is_logged_and_it_is_measured_again(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: Any) -> float:
        raise ZeroDivisionError

    measuring = benchmarks(fleet=fleet(), asker=None, scorekeeper=SimpleNamespace(timeout=broken))

    async def go() -> int:
        await measuring.round()
        rounds = measuring._rounds()
        for each in rounds:
            each.close()
        return len(rounds)

    assert asyncio.run(go()) == 2
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_round_of_a_competition_full_disk_does_not_end_it() -> None:
    asked = []

    def full(*_: Any) -> Any:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    class Asker:
        async def entry(self, hotkey: str, *_: Any) -> Any:
            asked.append(hotkey)
            full()

    asker: Any = Asker()
    miners = fleet()
    parts: Any = {"asker": asker, "entry_asker": asker, "scorekeeper": None, "store": SimpleNamespace(leader=full)}
    entries = Entries({}, miners, asker, None)
    running = Competitions(CompetitionParts(circuits={}, fleet=miners, entries=entries, **parts))
    asyncio.run(running.round(Competition("race", CIRCUIT, 1.0, 1.0)))
    assert asked == ["a", "b"]
