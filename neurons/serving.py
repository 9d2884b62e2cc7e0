"""Binds a port and serves until SIGTERM or Ctrl-C, with other work beside it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine

import uvicorn

from neurons.connections import ConnectionBounds, bounded_connections
from neurons.settings import HttpSettings, ListenSettings
from signed_http.nonces import SqliteNonceStore
from signed_http.server import Application, HttpBounds, SignedRequests
from signed_http.wallets import HotkeyKeypair
from statements.errors import ConfigurationError

_GRACE_SECONDS = 5


def bind(listen: ListenSettings, *, table: str = "listen") -> socket.socket:
    """Take the port before anything slow happens.

    Args:
        listen: where.
        table: of the settings, for the error.

    Raises:
        ConfigurationError: host and port cannot be bound.
    """
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    # the protocol is named, because asyncio sends small pieces at once (TCP_NODELAY) only then: without it the body
    # of an answer waits for the acknowledgement of its head, up to 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((listen.host, listen.port))
        # connections wait in the backlog until the server accepts them
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"{table}.port {listen.port} on {table}.host {listen.host} cannot be bound: {error.strerror}",
            remedy="Stop what holds the port, or choose another one (0 takes a free one).",
        ) from error
    return listener


def url_of(listen: ListenSettings, listener: socket.socket) -> str:
    """The URL to announce for a bound socket."""
    return announced_url(listen, listener.getsockname()[1])


def announced_url(listen: ListenSettings, port: int) -> str:
    """The URL to announce for a port.

    Args:
        listen: where the neuron answers.
        port: that is bound.
    """
    if listen.external_url is not None:
        return listen.external_url
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    return f"http://{host}:{port}"


def signed_requests(
    app: Application, keypair: HotkeyKeypair, settings: HttpSettings, *, open_prefixes: tuple[str, ...] = ()
) -> SignedRequests:
    """An application that answers signed requests only, with the bounds and the replay memory of the settings.

    Args:
        app: answers.
        keypair: hotkey of this neuron.
        settings: bounds and place of the replay memory.
        open_prefixes: beginnings of the paths that anybody may read.

    Raises:
        ConfigurationError: the replay memory cannot be opened.
    """
    bounds = HttpBounds(
        request_bytes=settings.request_bytes,
        request_seconds=settings.request_timeout_seconds,
        answer_bytes=settings.answer_bytes,
        send_seconds=settings.send_timeout_seconds,
        requests=settings.requests,
    )
    store = SqliteNonceStore(settings.replay_memory, keypair.ss58_address)
    return SignedRequests(app, keypair, open_prefixes=open_prefixes, bounds=bounds, nonce_store=store)


def connection_bounds(settings: HttpSettings) -> ConnectionBounds:
    """The bounds on open connections that the settings name."""
    return ConnectionBounds(settings.connections, settings.connections_per_address)


async def serve(
    app: Application,
    listener: socket.socket,
    work: Callable[[], Awaitable[None]] | None = None,
    *,
    bounds: ConnectionBounds | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then return.

    Args:
        app: what to serve.
        listener: bound socket; closed on return.
        bounds: on open connections; None: the defaults of the settings.
        work: runs beside the server and is cancelled with it; when it raises, the server stops and it is raised.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws="none",
        http=bounded_connections(bounds or connection_bounds(HttpSettings())),
    )
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises a signal again after it has shut down; this handler then lets the process end with code 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    working = asyncio.ensure_future(work()) if work is not None else None
    await asyncio.wait([task for task in (serving, working) if task is not None], return_when="FIRST_COMPLETED")
    if working is not None and not working.done():
        working.cancel()
    stop()
    await serving
    if working is not None:
        await _ended(working)


async def until_one_ends(*works: Coroutine[None, None, None]) -> None:
    """Run several things until the first of them ends, then cancel the others; what it raised is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _ended(working: asyncio.Future[None]) -> None:
    try:
        await working
    except asyncio.CancelledError:
        if not working.cancelled():
            raise
