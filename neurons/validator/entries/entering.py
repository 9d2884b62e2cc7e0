"""Collects the circuits that take part in a round of a competition."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from neurons.messages import CompetitionEntry
from neurons.validator.asking import Asker
from neurons.validator.entries.admission import EntryAdmission
from neurons.validator.entries.faults import EntryRefusedError
from neurons.validator.fleet import MinerFleet
from statements.proven_run import ProvenRun
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
        runs: proofs of each entry in a round, over as many inputs.
        least_accuracy: with which an entry may lead, in [0, 1].
    """

    name: str
    model: Circuit
    interval: float
    reference_seconds: float
    runs: int = 1
    least_accuracy: float = 0.0


@dataclass(frozen=True)
class Entered:
    """An entry whose circuit may be measured.

    Attributes:
        hotkey: the miner.
        circuit: the validator's own files of it.
        entry: that the miner has named, to be released after the round; None for a circuit that this validator holds.
    """

    hotkey: str
    circuit: Circuit
    entry: CompetitionEntry | None

    @property
    def circuit_id(self) -> str:
        """Circuit that is measured."""
        return self.circuit.manifest.circuit_id


class Entries:
    """Asks the miners for their entries, and gets the circuits.

    Args:
        circuits: that this validator holds, by circuit id.
        fleet: says who takes part.
        asker: asks.
        admission: gets the circuits that this validator does not hold; None: they are passed over.
    """

    def __init__(
        self, circuits: Mapping[str, Circuit], fleet: MinerFleet, asker: Asker, admission: EntryAdmission | None
    ) -> None:
        self._circuits, self._fleet, self._asker, self._admission = circuits, fleet, asker, admission
        self._entering: dict[tuple[str, str], asyncio.Task[Entered | None]] = {}

    async def collect(self, competition: Competition) -> list[Entered]:
        """The entries that are ready within half of an interval; a check that takes longer goes on, for the next round.

        They come in the order in which the network lists the miners; each has to be released.
        """
        tasks = []
        for hotkey, (neuron, capabilities) in self._fleet.latest_survey.able.items():
            key = (competition.name, hotkey)
            if competition.name not in capabilities.competitions or key in self._entering:
                continue
            task = asyncio.create_task(self._enter(competition, hotkey, neuron.endpoint or ""))
            self._entering[key] = task
            task.add_done_callback(partial(self._forget, key))
            tasks.append(task)
        if not tasks:
            return []
        ready, late = await asyncio.wait(tasks, timeout=competition.interval / 2)
        for task in late:
            task.add_done_callback(self._release_late)
        return [entered for task in tasks if task in ready and (entered := task.result()) is not None]

    async def examine(self, entered: Entered, runs: Sequence[ProvenRun]) -> None:
        """Whether verified runs show what the circuit gives by itself; always of one that this validator holds.

        Its rounding band is known, and bounded by its build.

        Raises:
            EntryRefusedError: they do not.
        """
        if entered.entry is not None and self._admission is not None:
            await self._admission.examine(entered.entry, entered.hotkey, entered.circuit, runs)

    def release(self, entered: Entered) -> None:
        """The round is over: the circuit's files may be evicted."""
        if entered.entry is not None and self._admission is not None:
            self._admission.release(entered.entry.bundle)

    def _forget(self, key: tuple[str, str], _: object) -> None:
        self._entering.pop(key, None)

    def _release_late(self, task: asyncio.Task[Entered | None]) -> None:
        entered = None if task.cancelled() else task.result()
        if entered is not None:
            self.release(entered)

    async def _enter(self, competition: Competition, hotkey: str, endpoint: str) -> Entered | None:
        told = {"competition": competition.name, "miner": hotkey}
        try:
            entry = await self._asker.entry(hotkey, endpoint, competition.name)
            return await self._entered(entry, hotkey, endpoint, competition.model)
        except EntryRefusedError as error:
            _log.warning("entry_refused", reason=error.fault, detail=error.message, **told)
        except Exception as error:
            # whatever one entry sets off, the others are measured
            _log.warning("entry_failed", reason=str(error), kind=type(error).__name__, **told)
        return None

    async def _entered(self, entry: CompetitionEntry, hotkey: str, endpoint: str, model: Circuit) -> Entered | None:
        held = self._circuits.get(entry.circuit_id)
        if held is not None and held.manifest.layout == model.manifest.layout:
            return Entered(hotkey, held, None)
        if held is not None or self._admission is None:
            _log.info("entry_passed_over", competition=entry.competition_id, miner=hotkey, circuit_id=entry.circuit_id)
            return None
        circuit = await self._admission.admit(entry, hotkey, endpoint, model)
        return Entered(hotkey, circuit, entry)
