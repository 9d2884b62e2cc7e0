"""A claimed queue counts little and not for long."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.messages import LARGEST_COUNT, Capabilities, CircuitCapability
from neurons.network import Neuron, Role
from neurons.validator import fleet as fleet_module
from neurons.validator.claims import BELIEVED_SECONDS, REGAINED_PER_SECOND, QueueClaim
from neurons.validator.fleet import MinerFleet
from neurons.validator.measurements import Measurements
from neurons.validator.questions import Kind

CIRCUIT_ID = "0x" + "cc" * 32


def test_believed_is_one_round_of_the_workers_at_most() -> None:
    assert QueueClaim().believed(2) == 0
    assert [QueueClaim(length=length).believed(2) for length in (1, 2, 3, LARGEST_COUNT)] == [1, 2, 2, 2]


def test_believed_ends_while_the_queue_is_claimed_and_comes_back_slowly() -> None:
    claim = QueueClaim(at=10.0).followed_by(9, 10.0)
    claim = claim.followed_by(9, 10.0 + BELIEVED_SECONDS - 1)
    assert claim.believed(4) == 4
    claim = claim.followed_by(9, 10.0 + BELIEVED_SECONDS)
    assert claim.believed(4) == 0
    # what is said now has not stood yet
    idle = claim.followed_by(0, claim.at + 100)
    assert idle.followed_by(9, idle.at + 40).belief == 40 * REGAINED_PER_SECOND


@given(st.lists(st.tuples(st.floats(0.1, 100), st.integers(0, 3)), max_size=200))
def test_believed_for_any_claims_is_bounded_by_the_time_without_any(surveys: list[tuple[float, int]]) -> None:
    claim, now, believed, idle, longest = QueueClaim(), 0.0, 0.0, 0.0, 0.0
    for seconds, length in surveys:
        claim = claim.followed_by(length, now)
        now += seconds
        believed += seconds if claim.believed(1) else 0.0
        idle += 0.0 if length else seconds
        longest = max(longest, seconds)
    # a claim stands until the next survey, so each return of belief lasts that long
    overrun = longest * (1 + sum(length == 0 for _, length in surveys))
    assert believed <= BELIEVED_SECONDS + REGAINED_PER_SECOND * idle + overrun + 1e-6


class _Asker:
    """Stands for two miners of the same speed, one of which says that it has no time."""

    validator = "self"

    async def survey(self, hotkey: str, endpoint: str) -> Capabilities:
        length = LARGEST_COUNT if hotkey == "selfish" else 0
        held = (CircuitCapability(circuit_id=CIRCUIT_ID, model_name="m"),)
        return Capabilities(circuits=held, workers=2, queue_limit=LARGEST_COUNT, queue_length=length)


def test_take_miner_that_always_claims_a_queue_gets_its_share_of_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    instants = [1000.0]
    monkeypatch.setattr(fleet_module, "time", SimpleNamespace(monotonic=lambda: instants[-1]))
    neurons = tuple(
        Neuron(uid=uid, hotkey=hotkey, role=Role.MINER, endpoint="http://203.0.113.1:1")
        for uid, hotkey in enumerate(("honest", "selfish"))
    )
    network: Any = SimpleNamespace(neurons=lambda: neurons)
    asker: Any = _Asker()
    measured = Measurements([(CIRCUIT_ID, hotkey, 3.0) for hotkey in ("honest", "selfish")])
    fleet = MinerFleet(network, asker, measured)

    async def served(surveys: int) -> list[str]:
        taken = []
        for _ in range(surveys):
            await fleet.survey()
            miner = fleet.take_now(CIRCUIT_ID, (), explore=False)
            assert miner is not None
            taken.append(miner.hotkey)
            await fleet.give_back(miner, Kind.QUERY, sound=True)
            instants.append(instants[-1] + 30.0)
        return taken

    rounds = int(BELIEVED_SECONDS / 30)
    assert asyncio.run(served(rounds)) == ["honest"] * rounds
    afterwards = asyncio.run(served(40))
    assert afterwards.count("selfish") >= 20
