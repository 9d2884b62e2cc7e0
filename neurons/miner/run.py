"""Starts the miner process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from neurons.announcing import keep_announced
from neurons.artefacts.cache import CircuitCache
from neurons.artefacts.serving import ARTEFACTS_PATH, Shelf
from neurons.descriptors import raise_descriptor_limit
from neurons.logs import configure_logs
from neurons.metrics import serve_metrics
from neurons.miner.admission import Gate
from neurons.miner.app import miner_app
from neurons.miner.backends.backend import ProvingBackend
from neurons.miner.backends.opening import open_backend
from neurons.miner.competing import competitions_of
from neurons.miner.durations import ProofDurations
from neurons.miner.events import EVENTS
from neurons.miner.holdings import MEBIBYTE, HeldCircuits
from neurons.miner.hot_circuits import HotCircuits
from neurons.miner.meters import MinerMeters, Watched, counted
from neurons.miner.places import Places
from neurons.miner.proving import Prover
from neurons.miner.queue import ProvingQueue
from neurons.miner.service import MinerService
from neurons.miner.settings import MinerSettings
from neurons.network import Role
from neurons.opening import open_chain, open_hotkey, open_network
from neurons.serving import bind, connection_bounds, serve, signed_requests, url_of
from statements.errors import ConfigurationError
from verifier_gen.circuit import Circuit, open_circuit

_log = structlog.get_logger(__name__)


def open_circuits(settings: MinerSettings) -> HeldCircuits:
    """The circuits of the settings.

    Raises:
        CircuitError: a file is missing or changed, or a circuit needs more memory than allowed.
        ConfigurationError: one circuit is given twice.
    """
    circuits = [open_circuit(directory, with_proving_key=True) for directory in settings.circuits]
    return HeldCircuits(circuits, settings.worker_memory_bytes)


def make_places(settings: MinerSettings, held: HeldCircuits, workers: int) -> Places:
    """The queue, which expects what the circuits' builders have measured until it knows better."""
    durations = ProofDurations()
    for circuit in held.usable():
        if circuit.manifest.prover is not None:
            durations.suppose(circuit.manifest.circuit_id, circuit.manifest.prover.wall_seconds)
    queue = ProvingQueue(
        workers=workers,
        limit=settings.queue_limit,
        caller_limit=settings.caller_limit or max(1, workers + settings.queue_limit - 1),
        durations=durations,
    )
    return Places(queue)


def make_shelf(settings: MinerSettings, held: HeldCircuits) -> Shelf | None:
    """The files that anybody may fetch; None when the settings say that nobody may."""
    if not settings.artefacts.serve:
        return None
    artefacts = settings.artefacts
    shelf = Shelf(
        artefacts.downloads,
        per_address=artefacts.downloads_per_address,
        bytes_per_second=artefacts.upload_mib_per_second * MEBIBYTE,
        proving_keys=artefacts.proving_keys,
    )
    for circuit in held.usable():
        shelf.offer(circuit)
    return shelf


def run_miner(settings: MinerSettings) -> None:
    """Run until SIGTERM or Ctrl-C.

    Raises:
        VeristakeError: something that the settings name is missing or wrong.
    """
    raise_descriptor_limit(settings.http, settings.listeners)
    configure_logs("miner", EVENTS)
    hotkey = open_hotkey(settings.wallet)
    listener = bind(settings.listen)
    chain = open_chain(settings.chain)
    held = open_circuits(settings)
    cache = CircuitCache(settings.artefacts.cache, settings.artefacts.limit_mib * MEBIBYTE)
    _require_a_circuit(held, cache)
    network = open_network(settings)
    endpoint = url_of(settings.listen, listener)
    competitions = competitions_of(settings.competitions, held.usable(), [endpoint])
    backend = open_backend(settings)
    places = make_places(settings, held, backend.workers)
    meters = MinerMeters()
    prover = Prover(hotkey=hotkey.ss58_address, held=held, backend=backend, places=places, on_proof=meters.proved)
    service = MinerService(chain=chain, held=held, prover=prover, places=places, competitions=competitions)
    shelf = make_shelf(settings, held)
    app = signed_requests(
        miner_app(service, Gate(network, settings.admission), shelf, meters),
        hotkey,
        settings.http,
        open_prefixes=() if shelf is None else (ARTEFACTS_PATH,),
    )
    if settings.metrics is not None:
        serve_metrics(settings.metrics, meters.registry)
    network.register(hotkey.ss58_address, Role.MINER)
    announced = network.serve(hotkey.ss58_address, endpoint).endpoint or endpoint
    circuits = held.usable()
    _log.info(
        "miner_started",
        hotkey=hotkey.ss58_address,
        endpoint=endpoint,
        circuits=[circuit.manifest.circuit_id for circuit in circuits],
        workers=settings.workers,
    )

    hot = HotCircuits(cache=cache, held=held, shelf=shelf, backend=backend, durations=places.queue.durations)

    async def work() -> None:
        await _warm(backend, circuits)
        await asyncio.gather(
            keep_announced(network, hotkey.ss58_address, announced),
            hot.watch(),
            meters.watch(Watched(places, held, backend, shelf)),
        )

    try:
        asyncio.run(serve(counted(app, meters), listener, work, bounds=connection_bounds(settings.http)))
    finally:
        backend.close()
    _log.info("miner_stopped", hotkey=hotkey.ss58_address)


def _require_a_circuit(held: HeldCircuits, cache: CircuitCache) -> None:
    if not held.usable() and not cache.held():
        raise ConfigurationError(
            "circuits is empty, and none has been added by hash",
            remedy="List a built circuit's folder in circuits, or run `veristake miner circuits add HASH --from URL`.",
        )


async def _warm(backend: ProvingBackend, circuits: Iterable[Circuit]) -> None:
    """Start every worker before the first request needs it."""
    for circuit in circuits:
        await backend.warm(circuit.directory)
