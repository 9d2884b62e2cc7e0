"""Surveys that several requests share, and what they say of this validator's own line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from neurons.messages import Capabilities, CircuitCapability
from neurons.network import Neuron, Role
from neurons.validator.check import AnswerFault
from neurons.validator.fleet import MinerFleet
from neurons.validator.measurements import Measurements
from neurons.validator.questions import Kind
from signed_http.errors import PeerTimeoutError
from tests.unit.neurons.parts import CIRCUIT_ID

HELD = CircuitCapability(circuit_id=CIRCUIT_ID, model_name="tiny")


class Asked:
    """Stands for the asker.

    Args:
        silent: hotkeys that give no answer.
    """

    validator = "self"

    def __init__(self, *silent: str) -> None:
        self.silent, self.asked = set(silent), list[str]()

    async def survey(self, hotkey: str, endpoint: str) -> Capabilities:
        self.asked.append(hotkey)
        await asyncio.sleep(0)
        if hotkey in self.silent:
            raise PeerTimeoutError(endpoint, "no answer")
        return Capabilities(circuits=(HELD,), workers=2, queue_limit=1, queue_length=0)


def fleet_of(asked: Any, hotkeys: Sequence[str] = "ab") -> MinerFleet:
    neurons = tuple(
        Neuron(uid=uid, hotkey=hotkey, role=Role.MINER, endpoint="http://127.0.0.1:1")
        for uid, hotkey in enumerate(hotkeys)
    )
    network: Any = SimpleNamespace(neurons=lambda: neurons)
    return MinerFleet(network, asked, Measurements())


def test_survey_many_at_once_ask_each_miner_once() -> None:
    asked = Asked()
    fleet = fleet_of(asked)

    async def go() -> None:
        await asyncio.gather(*(fleet.recent_survey() for _ in range(64)))
        await fleet.recent_survey()

    asyncio.run(go())
    assert sorted(asked.asked) == ["a", "b"]


def test_fresh_survey_waits_for_the_one_under_way_and_shares_the_next() -> None:
    asked = Asked()
    fleet = fleet_of(asked)

    async def go() -> None:
        early = asyncio.create_task(fleet.survey())
        await asyncio.sleep(0)
        await asyncio.gather(*(fleet.fresh_survey() for _ in range(16)))
        await early

    asyncio.run(go())
    assert sorted(asked.asked) == ["a", "a", "b", "b"]


def test_survey_of_many_miners_asks_a_bounded_number_at_once() -> None:
    under_way, most = 0, 0

    class Counting(Asked):
        async def survey(self, hotkey: str, endpoint: str) -> Capabilities:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            return await super().survey(hotkey, endpoint)

    fleet = fleet_of(Counting(), [f"miner {number}" for number in range(100)])
    assert len(asyncio.run(fleet.survey()).able) == 100
    assert most == 32


def test_survey_waiter_that_leaves_does_not_end_it_for_others() -> None:
    fleet = fleet_of(Asked())

    async def go() -> int:
        leaver, stayer = asyncio.create_task(fleet.survey()), asyncio.create_task(fleet.survey())
        await asyncio.sleep(0)
        leaver.cancel()
        return len((await stayer).able)

    assert asyncio.run(go()) == 2


@pytest.mark.parametrize(
    ("fault", "silent", "works"),
    [
        (AnswerFault.TIMED_OUT, "ab", False),
        (AnswerFault.UNREACHABLE, "ab", False),
        (AnswerFault.UNREACHABLE, "a", True),
        (AnswerFault.TIMED_OUT, "a", True),
        (AnswerFault.TIMED_OUT, "b", True),
        (AnswerFault.UNREACHABLE, "b", False),
        (AnswerFault.INVALID_PROOF, "ab", True),
    ],
)
def test_line_works_is_judged_by_who_answers_now(fault: AnswerFault, silent: str, works: bool) -> None:
    """The line went down after the newest survey, however short a time ago that was."""
    asked = Asked()
    fleet = fleet_of(asked)
    outcome: Any = SimpleNamespace(hotkey="a", fault=fault)

    async def go() -> bool:
        await fleet.survey()
        asked.silent = set(silent)
        return await fleet.line_works(outcome)

    assert asyncio.run(go()) is works


def test_give_back_benchmark_takes_one_failed_query_back_and_a_query_all() -> None:
    fleet = fleet_of(Asked())

    async def after(kind: Kind, sound: bool) -> int:
        (miner,) = [miner for miner in fleet.candidates(CIRCUIT_ID) if miner.hotkey == "a"]
        taken = fleet.take_idle(CIRCUIT_ID, "a")
        assert taken is not None
        await fleet.give_back(miner, kind, sound=sound)
        (miner,) = [miner for miner in fleet.candidates(CIRCUIT_ID) if miner.hotkey == "a"]
        return miner.failures

    async def go() -> list[int]:
        await fleet.survey()
        steps = [(Kind.QUERY, False)] * 3 + [(Kind.BENCHMARK, True), (Kind.QUERY, True)]
        return [await after(kind, sound) for kind, sound in steps]

    assert asyncio.run(go()) == [1, 2, 3, 2, 0]
