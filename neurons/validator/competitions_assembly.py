"""Puts competitions together, with processes of their own that nothing else waits for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from neurons.artefacts.cache import CircuitCache
from neurons.validator.askable import require_askable
from neurons.validator.asking import Asker
from neurons.validator.competition_store import CompetitionStore
from neurons.validator.competitions import CompetitionParts, Competitions
from neurons.validator.entries.admission import EntryAdmission, EntryLimits
from neurons.validator.entries.entering import Competition, Entries
from neurons.validator.entries.store import EntryStore
from neurons.validator.settings import CompetitionSettings, EntrySettings, ValidatorSettings
from neurons.validator.verification import Verifier
from verifier_gen.circuit import open_circuit
from verifier_gen.limited import ProcessLimits
from verifier_gen.pool import VERIFICATION_SECONDS, ProverPool

if TYPE_CHECKING:
    from neurons.validator.assembly import Workings

_MEBIBYTE = 1024 * 1024


def open_competition(settings: CompetitionSettings) -> Competition:
    """A competition of the settings.

    Raises:
        CircuitError: its circuit is missing or changed.
        ConfigurationError: proofs with the layout of its circuit could not be believed.
    """
    return Competition(
        name=settings.id,
        model=require_askable(open_circuit(settings.circuit)),
        interval=settings.interval_seconds,
        reference_seconds=settings.reference_seconds,
        runs=settings.runs,
        least_accuracy=settings.least_accuracy,
    )


def open_admission(settings: EntrySettings, store: EntryStore) -> EntryAdmission | None:
    """What gets the miners' own circuits; None when the settings say that none is fetched."""
    if not settings.fetch:
        return None
    limits = EntryLimits(
        largest_bytes=settings.largest_mib * _MEBIBYTE,
        fetch_seconds=settings.fetch_seconds,
        change_seconds=settings.change_seconds,
        process=ProcessLimits(settings.check_seconds, settings.check_memory_mib * _MEBIBYTE),
    )
    return EntryAdmission(CircuitCache(settings.cache, settings.limit_mib * _MEBIBYTE), limits, store)


async def run_competitions(workings: Workings, settings: ValidatorSettings) -> None:
    """Every competition's rounds, until cancelled.

    Raises:
        CircuitError: a competition's own circuit is missing or changed.
        ConfigurationError: proofs with the layout of its circuit could not be believed.
    """
    opened = [await asyncio.to_thread(open_competition, each) for each in settings.competitions]
    pool = ProverPool(1, VERIFICATION_SECONDS)
    verifier = Verifier(pool)
    asker = Asker(workings.keypair, verifier)
    engine = workings.store.engine
    admission = open_admission(settings.entries, EntryStore(engine))
    running = Competitions(
        CompetitionParts(
            circuits=workings.circuits,
            fleet=workings.fleet,
            asker=workings.asker,
            scorekeeper=workings.scorekeeper,
            store=CompetitionStore(engine),
            entries=Entries(workings.circuits, workings.fleet, workings.asker, admission),
            entry_asker=asker,
            entry_seconds=settings.entries.measure_seconds,
        )
    )
    try:
        await asyncio.gather(*(running.run(each) for each in opened))
    finally:
        verifier.close()
        pool.close()
        await asker.aclose()
