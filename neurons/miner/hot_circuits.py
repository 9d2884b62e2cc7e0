"""Circuits that come and go while the miner runs: it watches the list that `veristake miner circuits` writes."""

from __future__ import annotations

import asyncio
import time

import structlog

from neurons.artefacts.cache import CircuitCache
from neurons.artefacts.serving import Shelf
from neurons.miner.backends.backend import ProvingBackend
from neurons.miner.durations import ProofDurations
from neurons.miner.holdings import HeldCircuits
from statements.errors import VeristakeError
from verifier_gen.circuit import Circuit, open_circuit

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 30.0
"""After which a circuit that could not be added is tried again: a worker may have died, a disk may have been full."""


class HotCircuits:
    """Keeps what the miner holds equal to the list in the cache.

    Args:
        cache: of fetched circuits.
        held: circuits of the miner, those of its settings among them.
        shelf: serves files; None: nobody is served.
        backend: warmed before a circuit is offered to callers.
        durations: told what the circuit's builder measured.
    """

    def __init__(
        self,
        *,
        cache: CircuitCache,
        held: HeldCircuits,
        shelf: Shelf | None,
        backend: ProvingBackend,
        durations: ProofDurations,
    ) -> None:
        self._cache, self._held, self._shelf = cache, held, shelf
        self._backend, self._durations = backend, durations
        self._ours: dict[str, str] = {}
        self._settings = frozenset(circuit.manifest.circuit_id for circuit in held.usable())
        self._seen: float | None = None
        self._missing = False

    async def watch(self) -> None:
        """Follow the list until cancelled."""
        retry_at = 0.0
        while True:
            changed = self._cache.list_changed_at()
            if changed != self._seen or (self._missing and time.monotonic() >= retry_at):
                self._seen = changed
                await self.follow()
                retry_at = time.monotonic() + _RETRY_SECONDS
            await asyncio.sleep(_LOOK_SECONDS)

    async def follow(self) -> None:
        """Hold what is listed, and no longer what is not."""
        try:
            listed = self._cache.held()
        except VeristakeError as error:
            _log.error("circuit_list_unreadable", reason=error.message)
            return
        for bundle_hash in set(self._ours) - set(listed):
            circuit_id = self._ours.pop(bundle_hash)
            if circuit_id not in self._settings and circuit_id not in self._ours.values():
                self._held.remove(circuit_id)
            _log.info("circuit_dropped", bundle=bundle_hash, circuit_id=circuit_id)
        for bundle_hash in listed:
            if bundle_hash not in self._ours:
                await self._add(bundle_hash)
        self._missing = not set(listed) <= set(self._ours)

    async def _add(self, bundle_hash: str) -> None:
        try:
            circuit = await asyncio.to_thread(self._open, bundle_hash)
            manifest = circuit.manifest
            await self._backend.warm(circuit.directory)
            if self._shelf is not None:
                self._shelf.offer(circuit)
            if manifest.circuit_id not in self._settings:
                self._held.add(circuit)
        except (VeristakeError, OSError) as error:
            reason = error.message if isinstance(error, VeristakeError) else str(error)
            _log.error("circuit_not_added", bundle=bundle_hash, reason=reason)
            return
        if manifest.prover is not None:
            self._durations.suppose(manifest.circuit_id, manifest.prover.wall_seconds)
        self._ours[bundle_hash] = manifest.circuit_id
        _log.info("circuit_added", bundle=bundle_hash, circuit_id=manifest.circuit_id, model=manifest.model_name)

    def _open(self, bundle_hash: str) -> Circuit:
        return open_circuit(self._cache.use(bundle_hash), with_proving_key=True)
