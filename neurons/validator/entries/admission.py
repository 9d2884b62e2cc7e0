"""Gets the circuit of an entry: from the cache when it was checked before, else fetched and checked."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

import structlog

from neurons.artefacts.bundle import Bundle, MalformedBundleError
from neurons.artefacts.cache import CircuitCache
from neurons.artefacts.fetching import fetch_bundle, fetch_files
from neurons.artefacts.source import NoSourceError, Sources
from neurons.messages import CompetitionEntry
from neurons.validator.entries.changes import require_checkable
from neurons.validator.entries.claims import files_to_fetch, read_claims
from neurons.validator.entries.deriving import derive_entry
from neurons.validator.entries.faults import EntryFault, EntryRefusedError
from neurons.validator.entries.outputs import require_own_outputs
from neurons.validator.entries.sources import allowed_sources
from neurons.validator.entries.store import CheckedEntry, EntryStore
from statements.errors import CircuitError
from statements.proven_run import ProvenRun
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.limited import SCRATCH, LimitedProcess, ProcessLimits

_log = structlog.get_logger(__name__)
_FETCHES_AT_ONCE = 4
"""Of one slow source each, so that it does not hold up the others' entries."""


@dataclass(frozen=True)
class EntryLimits:
    """What an entry may cost the validator.

    Attributes:
        largest_bytes: of what is fetched of one entry.
        fetch_seconds: for fetching it.
        change_seconds: between two checks of one miner.
        process: of EZKL, for one key or one round's runs.
    """

    largest_bytes: int
    fetch_seconds: float
    change_seconds: float
    process: ProcessLimits


class EntryAdmission:
    """Fetches and checks entries.

    Args:
        cache: of entries, which no other process uses.
        limits: of each.
        store: remembers what came of it.
    """

    def __init__(self, cache: CircuitCache, limits: EntryLimits, store: EntryStore) -> None:
        self._cache, self._limits, self._store = cache, limits, store
        # new entries do not hold up those that are being measured
        self._deriving, self._running = (LimitedProcess(limits.process, cache.root) for _ in range(2))
        self._fetching = asyncio.Semaphore(_FETCHES_AT_ONCE)
        # a cache's folder is locked by a blocking call: two tasks of this process must never wait for each other there
        self._of_bundle: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        for left in cache.root.glob(f"{SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)

    async def admit(self, entry: CompetitionEntry, hotkey: str, endpoint: str, model: Circuit) -> Circuit:
        """The circuit of an entry, kept in the cache until it is released.

        Args:
            entry: of the miner.
            hotkey: the miner.
            endpoint: its announced address.
            model: the competition's own circuit.

        Raises:
            EntryRefusedError: it is not measured.
            ArtefactError: the validator's own cache has no room or cannot be written.
        """
        last = await asyncio.to_thread(self._store.latest, entry.competition_id, hotkey)
        now = time.time()
        require_checkable(last, entry.bundle, now, self._limits.change_seconds)
        try:
            async with self._of_bundle.setdefault(entry.bundle, asyncio.Lock()):
                circuit = await self._cached(entry, model) or await self._fetched(entry, endpoint, model)
        except EntryRefusedError as error:
            if error.fault is not EntryFault.NOT_FETCHED:
                await self._remember(entry, hotkey, now, error)
            raise
        if last is None or last.bundle != entry.bundle or last.fault is not None:
            await self._remember(entry, hotkey, now, None)
        return circuit

    async def examine(self, entry: CompetitionEntry, hotkey: str, circuit: Circuit, runs: Sequence[ProvenRun]) -> None:
        """Hold verified runs against what the circuit gives by itself; a refusal is remembered.

        Raises:
            EntryRefusedError: their outputs are others.
        """
        try:
            await require_own_outputs(circuit, runs, self._running)
        except EntryRefusedError as error:
            await self._remember(entry, hotkey, time.time(), error)
            raise

    def release(self, bundle_hash: str) -> None:
        """An entry has been measured: it may be evicted."""
        self._cache.release(bundle_hash)

    async def _remember(
        self, entry: CompetitionEntry, hotkey: str, now: float, error: EntryRefusedError | None
    ) -> None:
        checked = CheckedEntry(
            competition=entry.competition_id,
            hotkey=hotkey,
            bundle=entry.bundle,
            circuit_id=entry.circuit_id,
            checked_at=now,
            fault=error.fault if error else None,
            detail=error.message if error else "",
        )
        await asyncio.to_thread(self._store.remember, checked)

    async def _cached(self, entry: CompetitionEntry, model: Circuit) -> Circuit | None:
        if self._cache.find(entry.bundle) is None:
            return None
        try:
            circuit = await asyncio.to_thread(open_circuit, self._cache.use(entry.bundle))
        except CircuitError as error:
            _log.warning("circuit_damaged", bundle=entry.bundle, reason=error.message)
            self._cache.set_aside(entry.bundle)
            return None
        held, asked = circuit.manifest, model.manifest
        if held.srs_hash != asked.srs_hash:
            # of before the competition's circuit was built anew
            self._cache.set_aside(entry.bundle)
            return None
        if held.layout != asked.layout:
            self.release(entry.bundle)
            raise EntryRefusedError(EntryFault.WRONG_LAYOUT, "it is laid out for another competition")
        if held.circuit_id != entry.circuit_id:
            self.release(entry.bundle)
            raise EntryRefusedError(EntryFault.WRONG_CIRCUIT, f"the bundle is of circuit {held.circuit_id}")
        return circuit

    async def _fetched(self, entry: CompetitionEntry, endpoint: str, model: Circuit) -> Circuit:
        with self._cache.staging(entry.bundle) as folder:
            bundle = await self._fetch(entry, endpoint, folder)
            try:
                claims = await asyncio.to_thread(read_claims, folder, model)
                await derive_entry(folder, claims, entry.circuit_id, model, self._deriving)
            except EntryRefusedError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._cache.make_room(sum(file.stat().st_size for file in folder.iterdir()))
            self._cache.commit(bundle, folder)
        _log.info("circuit_fetched", bundle=entry.bundle, circuit_id=entry.circuit_id)
        return await asyncio.to_thread(open_circuit, self._cache.use(entry.bundle))

    async def _fetch(self, entry: CompetitionEntry, endpoint: str, folder: Path) -> Bundle:
        sources = Sources(await allowed_sources(endpoint, entry.sources))
        try:
            async with self._fetching, asyncio.timeout(self._limits.fetch_seconds):
                bundle = await fetch_bundle(entry.bundle, sources, folder)
                files = files_to_fetch(bundle, entry.circuit_id, self._limits.largest_bytes)
                self._cache.make_room(sum(file.size for file in files))
                await fetch_files(files, sources, folder)
                return bundle
        except NoSourceError as error:
            raise EntryRefusedError(EntryFault.NOT_FETCHED, error.message) from error
        except MalformedBundleError as error:
            raise EntryRefusedError(EntryFault.MALFORMED, error.message) from error
        except TimeoutError as error:
            raise EntryRefusedError(
                EntryFault.NOT_FETCHED, f"not fetched within {self._limits.fetch_seconds:g} s"
            ) from error
