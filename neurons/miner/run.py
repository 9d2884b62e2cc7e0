"""Starts the miner process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from neurons.logs import configure_logs
from neurons.miner.app import miner_app
from neurons.miner.queue import ProvingQueue
from neurons.miner.service import MinerService
from neurons.miner.settings import MinerSettings
from neurons.network import Role
from neurons.opening import open_chain, open_hotkey, open_network
from neurons.serving import bind, serve, signed_requests, url_of
from statements.errors import ConfigurationError
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.pool import ProverPool

_log = structlog.get_logger(__name__)


def open_circuits(settings: MinerSettings) -> dict[str, Circuit]:
    """The circuits held, by circuit id.

    Raises:
        CircuitError: a file is missing or changed.
        ConfigurationError: one circuit is given twice.
    """
    circuits: dict[str, Circuit] = {}
    for directory in settings.circuits:
        circuit = open_circuit(directory, with_proving_key=True)
        if circuit.manifest.circuit_id in circuits:
            raise ConfigurationError(
                f"circuits: {directory} is circuit {circuit.manifest.circuit_id} once more",
                remedy="List each circuit once.",
            )
        circuits[circuit.manifest.circuit_id] = circuit
    return circuits


def run_miner(settings: MinerSettings) -> None:
    """Run until SIGTERM or Ctrl-C.

    Raises:
        VeristakeError: something that the settings name is missing or wrong.
    """
    configure_logs("miner")
    hotkey = open_hotkey(settings.wallet)
    listener = bind(settings.listen)
    chain = open_chain(settings.chain)
    circuits = open_circuits(settings)
    network = open_network(settings)
    network.register(hotkey.ss58_address, Role.MINER)
    endpoint = url_of(settings.listen, listener)
    network.serve(hotkey.ss58_address, endpoint)
    pool = ProverPool(settings.workers)
    service = MinerService(
        hotkey=hotkey.ss58_address,
        chain=chain,
        circuits=circuits,
        pool=pool,
        queue=ProvingQueue(workers=settings.workers, limit=settings.queue_limit),
    )
    _log.info(
        "miner_started", hotkey=hotkey.ss58_address, endpoint=endpoint, circuits=[*circuits], workers=settings.workers
    )
    try:
        app = signed_requests(miner_app(service, network), hotkey, settings.http)
        work = lambda: _warm(pool, circuits.values(), settings.workers)  # noqa: E731
        asyncio.run(serve(app, listener, work, connections=settings.http.connections))
    finally:
        pool.close()
    _log.info("miner_stopped", hotkey=hotkey.ss58_address)


async def _warm(pool: ProverPool, circuits: Iterable[Circuit], workers: int) -> None:
    """Start every worker before the first request needs it, then do nothing until cancelled."""
    folders = [circuit.directory for circuit in circuits]
    await asyncio.gather(*(pool.warm(folder, with_proving_key=True) for folder in folders for _ in range(workers)))
    await asyncio.Event().wait()
