"""The relayer as a process: starts everything, and stops in two phases."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Generator, Sequence

import structlog
import uvicorn

from relayer.acceptance import Acceptor
from relayer.assembly import build_chain, build_keepers, build_sources, intake_rules, intake_store, open_circuits
from relayer.balances import BalanceWatch
from relayer.http_service import Watched, build_app
from relayer.intake import SourceReader
from relayer.outbox.database import open_database
from relayer.reconsidering import reconsider_skipped
from relayer.settings import RelayerSettings
from relayer.spool import SpoolReader
from signed_http.wallets import hotkey_of, open_wallet
from statements.errors import ConfigurationError
from verifier_gen.pool import VERIFICATION_SECONDS, ProverPool

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: the relayer decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone."""
        yield


async def run_relayer(settings: RelayerSettings) -> None:
    """Relay until SIGTERM or SIGINT.

    Phase one of stopping: nothing new is taken, signed or sent; the step under way is finished, within
    ``stop_grace_seconds``. Phase two: HTTP, endpoints and database are closed. A second signal ends the process
    at once; that is safe too, because whatever was signed is stored and sent after the restart.

    Raises:
        ConfigurationError: something in the settings is wrong.
        CircuitError: a circuit's files are wrong.
    """
    circuits = open_circuits(settings)
    keypair = hotkey_of(open_wallet(settings.wallet.path, settings.wallet.name, settings.wallet.hotkey))
    engine = open_database(settings.state_url)
    stop = _stop_on_signals()
    verifier = ProverPool(1, VERIFICATION_SECONDS)
    warming = [
        asyncio.create_task(verifier.warm(circuit.directory, with_proving_key=False)) for circuit in circuits.values()
    ]
    chains, sources = [], []
    try:
        chains = [build_chain(chain, engine) for chain in settings.chains]
        writers = [parts.writer for parts in chains]

        def wake_all() -> None:
            for writer in writers:
                writer.wake()

        rules = intake_rules(settings, circuits)
        acceptor = Acceptor(intake_store(settings, engine), verifier, rules, on_jobs=wake_all)
        sources = build_sources(settings, keypair, acceptor)
        readers: list[SourceReader | SpoolReader] = [parts.reader for parts in sources]
        if settings.spool is not None:
            readers.append(SpoolReader(settings.spool, acceptor, poll_seconds=settings.source_poll_seconds))
        balances = [
            BalanceWatch(parts.chain, chain, parts.address)
            for chain, parts in zip(settings.chains, chains, strict=True)
        ]
        app = build_app(settings, engine, acceptor, Watched(writers, readers, balances))
        server = _Server(uvicorn.Config(app, host=settings.host, port=settings.port, log_config=None))
        log.info("relayer_started", host=settings.host, port=settings.port, chains=[w.name for w in writers])
        work = [writer.run(stop) for writer in writers] + [reader.run(stop) for reader in readers]
        work.append(reconsider_skipped(acceptor.store, wake_all, stop))
        work += [watch.run(stop) for watch in balances]
        work += [parts.heads.run(stop) for parts in chains if parts.heads is not None]
        work += build_keepers(settings, engine, chains, stop)
        tasks = [asyncio.create_task(coroutine) for coroutine in work]
        await _serve_until_stopped(server, tasks, stop, settings)
    finally:
        for task in warming:
            task.cancel()
        await asyncio.gather(*warming, return_exceptions=True)
        await asyncio.gather(*(parts.client.aclose() for parts in sources))
        await asyncio.gather(*(parts.chain.close() for parts in chains))
        verifier.close()
        engine.dispose()
        log.info("relayer_stopped")


async def _serve_until_stopped(
    server: _Server, tasks: Sequence[asyncio.Task[None]], stop: asyncio.Event, settings: RelayerSettings
) -> None:
    serving = asyncio.create_task(_serve(server, settings))
    stopped = asyncio.create_task(stop.wait())
    try:
        # a task that ends by itself has failed: stop all, and show its error
        await asyncio.wait([serving, stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        log.info("relayer_stopping", grace_seconds=settings.stop_grace_seconds)
        _, late = await asyncio.wait(tasks, timeout=settings.stop_grace_seconds)
        for task in late:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        stopped.cancel()
        server.should_exit = True
    await serving
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def _serve(server: _Server, settings: RelayerSettings) -> None:
    try:
        await server.serve()
    except SystemExit as error:
        # uvicorn exits when it cannot bind
        raise ConfigurationError(
            f"port {settings.port} on {settings.host} cannot be listened on",
            remedy="Choose another port, or stop the process that has it",
        ) from error


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def handle(received: signal.Signals) -> None:
        log.info("signal_received", signal=received.name)
        stop.set()
        # the second one meets the default action: the process ends
        loop.remove_signal_handler(received)

    for received in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(received, handle, received)
    return stop
