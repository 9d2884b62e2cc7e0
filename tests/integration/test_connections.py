"""Connections that say nothing, or too slowly, against a real server: they cost others nothing."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from bittensor.keyfiles import Keypair
from fastapi import FastAPI

from neurons.connections import ConnectionBounds, bounded_connections
from neurons.serving import bind
from neurons.settings import ListenSettings
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError
from signed_http.refusal import Fault
from signed_http.server import HttpBounds, SignedRequests
from tests.integration.neurons.parts import serving

MINER = Keypair.create_from_uri("//Miner")
VALIDATOR = Keypair.create_from_uri("//Validator")
UNFINISHED = b"POST /who HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/who")
    async def who() -> str:
        return "me"

    return app


async def ask(url: str) -> Any:
    async with SignedClient(VALIDATOR, url, MINER.ss58_address) as client:
        return await client.get_json("/who")


@pytest.fixture
def connections() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connect(connections: ExitStack, url: str, source: str, said: bytes = b"") -> socket.socket:
    address = urlsplit(url)
    opened = socket.create_connection((address.hostname, address.port), timeout=20, source_address=(source, 0))
    connections.enter_context(opened)
    opened.sendall(said)
    return opened


def is_closed(connection: socket.socket) -> bool:
    """Waits for its end."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nX: ", UNFINISHED])
def test_connections_without_a_whole_request_shut_nobody_out(connections: ExitStack, said: bytes) -> None:
    bounds = ConnectionBounds(total=8, per_address=4)
    with serving(SignedRequests(application(), MINER), http=bounded_connections(bounds)) as url:
        idle = [connect(connections, url, f"127.0.0.{2 + number % 4}", said) for number in range(16)]
        assert asyncio.run(ask(url)) == "me"
        # the oldest have given way
        assert all(is_closed(connection) for connection in idle[:8])


def test_connections_of_one_address_beyond_its_share_are_closed(connections: ExitStack) -> None:
    bounds = ConnectionBounds(total=8, per_address=2)
    with serving(SignedRequests(application(), MINER), http=bounded_connections(bounds)) as url:
        kept = [connect(connections, url, "127.0.0.2") for _ in range(2)]
        assert is_closed(connect(connections, url, "127.0.0.2"))
        assert asyncio.run(ask(url)) == "me"
        kept[0].close()
        again = connect(connections, url, "127.0.0.2", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert again.recv(8) == b"HTTP/1.1"


@pytest.mark.parametrize("said", [b"", b"GET /who HTTP/1.1\r\nX: "])
def test_connection_without_whole_headers_is_closed_in_time(connections: ExitStack, said: bytes) -> None:
    bounds = ConnectionBounds(total=8, per_address=2, header_seconds=0.2)
    with serving(SignedRequests(application(), MINER), http=bounded_connections(bounds)) as url:
        assert is_closed(connect(connections, url, "127.0.0.2", said))


def test_requests_beyond_the_bound_get_a_signed_refusal_that_blames_nobody() -> None:
    entered, release = asyncio.Event(), threading.Event()

    async def go() -> None:
        with serving(SignedRequests(crossing, MINER, bounds=HttpBounds(requests=1))) as url:
            first = asyncio.create_task(ask(url))
            await entered.wait()
            with pytest.raises(PeerRefusedError) as caught:
                await ask(url)
            assert caught.value.authentic
            refusal = caught.value.refusal
            assert refusal is not None
            assert (refusal.code, refusal.fault, caught.value.status) == ("overloaded", Fault.NOBODY, 503)
            assert refusal.retry_after_seconds == 1.0
            release.set()
            assert await first == "me"
            assert await ask(url) == "me"

    async def crossing(scope: Any, receive: Any, send: Any) -> None:
        # the server has an event loop of its own, the events belong to the test's
        loop.call_soon_threadsafe(entered.set)
        while not release.is_set():
            await asyncio.sleep(0.01)
        await application()(scope, receive, send)

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(go())
    finally:
        loop.close()


def test_nonce_store_that_waits_holds_up_no_other_request() -> None:
    asked, answered, found = threading.Event(), threading.Event(), list[bool]()

    class Waiting:
        retention = 60.0

        def check_and_store(self, _hotkey: str, _nonce_ns: int) -> bool:
            asked.set()
            found.append(answered.wait(20))
            return True

    async def go(url: str) -> None:
        signed = asyncio.create_task(ask(url))
        await asyncio.to_thread(asked.wait, 20)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            assert (await http.get(url + "/healthz")).status_code == 404  # open, and answered
        answered.set()
        await signed

    with serving(SignedRequests(application(), MINER, nonce_store=Waiting())) as url:
        asyncio.run(go(url))
    assert found == [True]


def test_bind_accepted_connections_send_small_pieces_at_once() -> None:
    # an answer goes out as head and body: held back until the head is acknowledged, the body comes up to 40 ms later
    async def go() -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = bind(ListenSettings(port=0))
        async with await asyncio.start_server(look, sock=listener):
            with socket.create_connection(listener.getsockname(), timeout=20):
                return await asyncio.wait_for(accepted, 20)

    assert asyncio.run(go()) != 0
