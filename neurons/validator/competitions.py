"""Measures the circuits that miners enter into a competition, with unforeseeable inputs that are the same for all."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from neurons.validator.accuracy import float_reference
from neurons.validator.asking import Asker, Outcome
from neurons.validator.benchmarks import draw_inputs
from neurons.validator.choose import Candidate
from neurons.validator.competition import entry_score, is_present
from neurons.validator.competition_store import CompetitionStore, MeasuredEntry
from neurons.validator.entries.entering import Competition, Entered, Entries
from neurons.validator.entries.faults import EntryRefusedError
from neurons.validator.fleet import MinerFleet
from neurons.validator.questions import Kind, Question
from neurons.validator.scorekeeper import Scorekeeper
from neurons.validator.scoring_output import accuracy_of
from statements.errors import VeristakeError
from verifier_gen.circuit import Circuit

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
"""Miners measured at the same time: one that hangs holds up few others, and the validator's line is not what counts."""

_IDLE_TRIES, _IDLE_SECONDS = 20, 1.0
"""Looks whether a miner is idle, and the time between two."""


@dataclass(frozen=True)
class CompetitionParts:
    """What competitions are run with.

    Attributes:
        circuits: that this validator holds, by circuit id: their runs are benchmarks, and are scored as such.
        fleet: says who takes part.
        asker: asks for benchmarks.
        scorekeeper: settles a measurement of a circuit that this validator holds.
        store: remembers measurements and leaders.
        entry_asker: asks for proofs of the miners' own circuits, and verifies them in processes that nothing else
            waits for; nothing of that is scored outside of the competition, as a miner chooses what it makes easy.
        entries: collects the circuits of a round.
        entry_seconds: that a miner may take for a proof of its own circuit.
    """

    circuits: Mapping[str, Circuit]
    fleet: MinerFleet
    asker: Asker
    scorekeeper: Scorekeeper
    store: CompetitionStore
    entries: Entries
    entry_asker: Asker
    entry_seconds: float = 60.0


class Competitions:
    """Runs competitions.

    Args:
        parts: see there.
    """

    def __init__(self, parts: CompetitionParts) -> None:
        self._parts = parts
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def run(self, competition: Competition) -> None:
        """A round in each interval, until cancelled."""
        while True:
            await asyncio.sleep(competition.interval)
            await self.round(competition)

    async def round(self, competition: Competition) -> None:
        """Measure each entry on the same inputs, drawn when all circuits are known and none can be changed."""
        entered = await self._parts.entries.collect(competition)
        inputs = [draw_inputs(competition.model.manifest.layout) for _ in range(competition.runs)]
        try:
            measured = await asyncio.gather(*(self._guarded(competition, each, inputs) for each in entered))
        finally:
            for each in entered:
                self._parts.entries.release(each)
        found = [entry for entry in measured if entry is not None]
        try:
            await asyncio.to_thread(self._record, competition, found)
        except (VeristakeError, SQLAlchemyError) as error:
            _log.warning("entry_failed", competition=competition.name, miner=None, reason=str(error))

    async def _guarded(
        self, competition: Competition, entered: Entered, inputs: Sequence[tuple[int, ...]]
    ) -> MeasuredEntry | None:
        try:
            async with self._at_once:
                return await self._measure(competition, entered, inputs)
        except EntryRefusedError as error:
            told = {"competition": competition.name, "miner": entered.hotkey}
            _log.warning("entry_refused", reason=error.fault, detail=error.message, **told)
            return None
        except Exception as error:
            # whatever one answer sets off, the others are measured
            reason, kind = str(error), type(error).__name__
            _log.warning("entry_failed", competition=competition.name, miner=entered.hotkey, reason=reason, kind=kind)
            return None

    async def _measure(
        self, competition: Competition, entered: Entered, inputs: Sequence[tuple[int, ...]]
    ) -> MeasuredEntry | None:
        outcomes = []
        for each in inputs:
            miner = await self._taken(entered)
            if miner is None:
                return None
            outcome = await self._ask(miner, entered, Question(Kind.BENCHMARK, entered.circuit, each))
            if outcome.run is None:
                _log.warning(
                    "entry_failed", competition=competition.name, miner=entered.hotkey, reason=str(outcome.fault)
                )
                return None
            outcomes.append(outcome)
        await self._parts.entries.examine(entered, [outcome.run for outcome in outcomes if outcome.run is not None])
        return await asyncio.to_thread(_measured, competition, entered, outcomes)

    async def _taken(self, entered: Entered) -> Candidate | None:
        """The miner when it is idle, or at last as it is: whom this validator keeps busy must not lose a lead by it."""
        for last in (*(False,) * _IDLE_TRIES, True):
            miner = self._parts.fleet.take_idle(entered.circuit_id, entered.hotkey, or_busy=last)
            if miner is not None or entered.hotkey not in self._parts.fleet.latest_survey.holders(entered.circuit_id):
                return miner
            await asyncio.sleep(_IDLE_SECONDS)
        return None

    async def _ask(self, miner: Candidate, entered: Entered, question: Question) -> Outcome:
        parts = self._parts
        held = entered.entry is None
        asker = parts.asker if held else parts.entry_asker
        seconds = parts.scorekeeper.timeout(question.circuit_id) if held else parts.entry_seconds
        try:
            outcome = await asker.ask(miner, question, seconds)
        finally:
            await parts.fleet.give_back(miner, question.kind)
        if held:
            await parts.scorekeeper.settle(outcome, others_reachable=await parts.fleet.line_works(outcome))
        return outcome

    def _record(self, competition: Competition, measured: Iterable[MeasuredEntry]) -> None:
        """The best first, and copies last: of whom a circuit is recorded first is its author for good.

        In a circuit's first round that is the miner that the network lists first.
        """
        store, found = self._parts.store, list(measured)
        authors: dict[str, str] = {}
        for entry in found:
            known = store.author(competition.name, entry.circuit_id)
            authors.setdefault(entry.circuit_id, known or entry.hotkey)

        def copied(entry: MeasuredEntry) -> bool:
            return entry.circuit_id not in self._parts.circuits and authors[entry.circuit_id] != entry.hotkey

        gone = self._gone_leader(competition, found)
        for entry in sorted(found, key=lambda each: (copied(each), -each.score)):
            may_lead = entry.accuracy >= competition.least_accuracy and not copied(entry)
            leads = store.add(entry, gone=gone, may_lead=may_lead)
            _log.info("entry_measured", leads=leads, copied=copied(entry), **entry.model_dump())

    def _gone_leader(self, competition: Competition, found: Iterable[MeasuredEntry]) -> str | None:
        leader = self._parts.store.leader(competition.name)
        if leader is None:
            return None
        if any((entry.hotkey, entry.circuit_id) == (leader.hotkey, leader.circuit_id) for entry in found):
            return None
        at = self._parts.store.last_measured(competition.name, leader.hotkey, leader.circuit_id) or 0.0
        survey = self._parts.fleet.latest_survey
        registered = leader.hotkey in survey.able or leader.hotkey in survey.failed
        return None if is_present(registered, time.time() - at, competition.interval) else leader.hotkey


def _measured(competition: Competition, entered: Entered, outcomes: Sequence[Outcome]) -> MeasuredEntry:
    accuracies = [_accuracy(competition, outcome) for outcome in outcomes]
    accuracy, seconds = statistics.fmean(accuracies), statistics.fmean(outcome.seconds for outcome in outcomes)
    return MeasuredEntry(
        competition=competition.name,
        hotkey=entered.hotkey,
        circuit_id=entered.circuit_id,
        accuracy=accuracy,
        proof_bytes=entered.circuit.manifest.proof_bytes,
        seconds=seconds,
        score=entry_score(accuracy, seconds, competition.reference_seconds),
    )


def _accuracy(competition: Competition, outcome: Outcome) -> float:
    run = outcome.run
    assert run is not None  # noqa: S101 - the caller has looked
    one = 1 << run.instances.layout.output_scale_bits
    right = float_reference(competition.model, run.instances.inputs, run.instances.tag)
    return accuracy_of([output / one for output in run.instances.outputs], right, 0.0)
