"""Benchmarks: inputs that nobody can foresee, asked of miners that are idle, so that each is measured."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from neurons.validator.asking import Asker, Outcome
from neurons.validator.choose import Candidate
from neurons.validator.fleet import MinerFleet
from neurons.validator.questions import Kind, Question
from neurons.validator.refused import log_refused
from neurons.validator.scorekeeper import Scorekeeper
from statements.errors import VeristakeError
from statements.instances import InstanceLayout
from verifier_gen.circuit import Circuit

_log = structlog.get_logger(__name__)
_MOST_AT_ONCE = 16
"""Miners that are measured at the same time; more would measure the validator's own line."""


def draw_inputs(layout: InstanceLayout) -> tuple[int, ...]:
    """Inputs from the system's cryptographic generator, each in [-1, 1] at the circuit's input scale.

    That is the range that a circuit's build declares and checks: what features are clipped to.
    """
    one = 1 << layout.input_scale_bits
    return tuple(secrets.randbelow(2 * one + 1) - one for _ in range(layout.input_count))


def due_miners(
    hotkeys: Iterable[str], busy: Mapping[str, int], last: Mapping[str, float], now: float, interval: float
) -> list[str]:
    """Whom to measure now: whoever is idle and was not measured for ``interval`` seconds, the longest waiting first.

    Args:
        hotkeys: miners.
        busy: requests under way, by hotkey.
        last: when each was last measured, seconds on the clock of ``now``.
        now: seconds.
        interval: seconds between two benchmarks of one miner.
    """
    due = [
        hotkey
        for hotkey in hotkeys
        if not busy.get(hotkey, 0) and (hotkey not in last or now - last[hotkey] >= interval)
    ]
    return sorted(due, key=lambda hotkey: (last.get(hotkey, float("-inf")), hotkey))


@dataclass(frozen=True)
class BenchmarkRule:
    """When to measure.

    Attributes:
        interval: seconds between two benchmarks of one miner under one circuit.
        poll: seconds between two looks at who is idle.
    """

    interval: float
    poll: float = 1.0


class Benchmarks:
    """Measures miners in their idle capacity.

    Args:
        hotkey: ss58 hotkey of the validator.
        circuits: to measure.
        fleet: says who is idle.
        asker: asks and checks.
        scorekeeper: scores.
        rule: when.
    """

    def __init__(
        self,
        *,
        hotkey: str,
        circuits: Iterable[Circuit],
        fleet: MinerFleet,
        asker: Asker,
        scorekeeper: Scorekeeper,
        rule: BenchmarkRule,
    ) -> None:
        self._hotkey = hotkey
        self._circuits = tuple(circuits)
        self._fleet = fleet
        self._asker = asker
        self._scorekeeper = scorekeeper
        self._rule = rule
        self._last: dict[str, dict[str, float]] = {}
        self._pending: set[tuple[str, str]] = set()
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Measure again and again, until cancelled."""
        try:
            while True:
                self._under_way |= {asyncio.create_task(each) for each in self._rounds()}
                self._under_way = {task for task in self._under_way if not task.done()}
                await asyncio.sleep(self._rule.poll)
        finally:
            for task in self._under_way:
                task.cancel()

    async def round(self) -> None:
        """Measure everybody who is due now, once."""
        await asyncio.gather(*self._rounds())

    def _rounds(self) -> list[Coroutine[Any, Any, None]]:
        """One measurement for each miner and circuit that is due; they count as measured from now on."""
        rounds: list[Coroutine[Any, Any, None]] = []
        survey, now = self._fleet.latest_survey, time.monotonic()
        busy = {hotkey: self._fleet.in_flight(hotkey) for hotkey in survey.able}
        for circuit in self._circuits:
            last = self._last.setdefault(circuit.manifest.circuit_id, {})
            waiting = {hotkey for circuit_id, hotkey in self._pending if circuit_id == circuit.manifest.circuit_id}
            asked = [hotkey for hotkey in (*survey.able, *survey.failed) if hotkey not in waiting]
            for hotkey in due_miners(asked, busy, last, now, self._rule.interval):
                last[hotkey] = now
                # an idle miner is measured under one circuit at a time
                busy[hotkey] = 1
                self._pending.add((circuit.manifest.circuit_id, hotkey))
                rounds.append(self._guarded(circuit, hotkey))
        return rounds

    async def _guarded(self, circuit: Circuit, hotkey: str) -> None:
        async with self._room:
            try:
                measured = await self._measure(circuit, hotkey)
                if measured is None:
                    return
                outcome, reachable = measured
                settlement = await self._scorekeeper.settle(outcome, others_reachable=reachable)
            except VeristakeError as error:
                _log.warning("benchmark_failed", miner=hotkey, reason=str(error), kind=type(error).__name__)
                return
            except Exception as error:
                # a defect, which nobody would hear of: the task's result is not looked at
                _log.exception("benchmark_failed", miner=hotkey, reason=str(error), kind=type(error).__name__)
                return
            finally:
                self._pending.discard((circuit.manifest.circuit_id, hotkey))
        if outcome.run is None:
            log_refused(outcome, settlement.blame)

    async def _measure(self, circuit: Circuit, hotkey: str) -> tuple[Outcome, bool] | None:
        """What came of it and whether others can be reached; None when there is nothing to settle."""
        question = Question(Kind.BENCHMARK, circuit, draw_inputs(circuit.manifest.layout))
        seconds = self._scorekeeper.timeout(question.circuit_id)
        if self._fleet.latest_survey.obstacle(hotkey, question.circuit_id) is not None:
            # it is held against the miner, which may serve again by now, or only this validator's line was broken
            survey = await self._fleet.fresh_survey()
            obstacle = survey.obstacle(hotkey, question.circuit_id)
            if obstacle is not None:
                if obstacle.lacks_circuit and not self._fleet.has_proved(hotkey, question.circuit_id):
                    return None  # it never held the circuit
                reachable = survey.reaches_others(hotkey)
                return self._asker.not_asked(hotkey, question, seconds, obstacle), reachable
        miner: Candidate | None = self._fleet.take_idle(question.circuit_id, hotkey)
        if miner is None:
            return None  # something else came first
        sound = None
        try:
            outcome = await self._asker.ask(miner, question, seconds)
            sound = outcome.run is not None
        finally:
            await self._fleet.give_back(miner, question.kind, sound=sound)
        return outcome, await self._fleet.line_works(outcome)
