"""Measures the entries that miners name for a competition, with one unforeseeable input for all of a round."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from neurons.validator.accuracy import float_reference
from neurons.validator.asking import Asker, Outcome
from neurons.validator.benchmarks import draw_inputs
from neurons.validator.competition import entry_score
from neurons.validator.competition_store import CompetitionStore, MeasuredEntry
from neurons.validator.fleet import MinerFleet
from neurons.validator.questions import Kind, Question
from neurons.validator.scorekeeper import Scorekeeper
from neurons.validator.scoring_output import accuracy_of
from statements.errors import VeristakeError
from verifier_gen.circuit import Circuit

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Competition:
    """What entries are held against.

    Attributes:
        name: id that the miners know.
        model: circuit whose float network says what is right.
        interval: seconds between two rounds.
        reference_seconds: time that earns half of the part for time.
    """

    name: str
    model: Circuit
    interval: float
    reference_seconds: float


class Competitions:
    """Runs competitions between circuits that the validator holds; an entry that it does not hold is passed over.

    Args:
        circuits: held, by circuit id.
        fleet: says who takes part.
        asker: asks and checks.
        scorekeeper: settles each measurement as the benchmark that it is.
        store: remembers measurements and leaders.
    """

    def __init__(
        self,
        *,
        circuits: Mapping[str, Circuit],
        fleet: MinerFleet,
        asker: Asker,
        scorekeeper: Scorekeeper,
        store: CompetitionStore,
    ) -> None:
        self._circuits = circuits
        self._fleet = fleet
        self._asker = asker
        self._scorekeeper = scorekeeper
        self._store = store

    async def run(self, competition: Competition) -> None:
        """A round in each interval, until cancelled."""
        while True:
            await asyncio.sleep(competition.interval)
            await self.round(competition)

    async def round(self, competition: Competition) -> None:
        """Measure each entry once, one after the other, on the same inputs."""
        inputs = draw_inputs(competition.model.manifest.layout)
        survey = self._fleet.latest_survey
        for hotkey, (neuron, capabilities) in survey.able.items():
            if competition.name not in capabilities.competitions:
                continue
            try:
                await self._measure(competition, hotkey, neuron.endpoint or "", inputs)
            except (VeristakeError, SQLAlchemyError) as error:
                _log.warning("entry_failed", competition=competition.name, miner=hotkey, reason=str(error))

    async def _measure(self, competition: Competition, hotkey: str, endpoint: str, inputs: tuple[int, ...]) -> None:
        entry = await self._asker.entry(hotkey, endpoint, competition.name)
        circuit = self._circuits.get(entry.circuit_id)
        if circuit is None or circuit.manifest.layout != competition.model.manifest.layout:
            _log.info("entry_passed_over", competition=competition.name, miner=hotkey, circuit_id=entry.circuit_id)
            return
        miner = self._fleet.take_idle(entry.circuit_id, hotkey)
        if miner is None:
            return
        question = Question(Kind.BENCHMARK, circuit, inputs)
        try:
            outcome = await self._asker.ask(miner, question, self._scorekeeper.timeout(entry.circuit_id))
        finally:
            await self._fleet.give_back(miner, question.kind)
        await self._scorekeeper.settle(outcome, others_reachable=await self._fleet.line_works(outcome))
        if outcome.run is not None:
            await self._record(competition, outcome)

    async def _record(self, competition: Competition, outcome: Outcome) -> None:
        run = outcome.run
        assert run is not None  # noqa: S101 - the caller has looked
        one = 1 << run.instances.layout.output_scale_bits
        right = await asyncio.to_thread(float_reference, competition.model, run.instances.inputs, run.instances.tag)
        accuracy = accuracy_of([output / one for output in run.instances.outputs], right, 0.0)
        entry = MeasuredEntry(
            competition=competition.name,
            hotkey=outcome.hotkey,
            circuit_id=run.circuit_id,
            accuracy=accuracy,
            proof_bytes=len(run.proof_bytes),
            seconds=outcome.seconds,
            score=entry_score(accuracy, outcome.seconds, competition.reference_seconds),
        )
        leads = await asyncio.to_thread(self._store.add, entry)
        _log.info("entry_measured", leads=leads, **entry.model_dump())
