"""The SDK's client on an event loop of its own: calls that block, end in time, and fail in this project's words."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bittensor import Substrate
from bittensor.client import Client
from bittensor.result import BittensorError, ChainError, RpcConnectionError

from neurons.network.chain_errors import network_error
from neurons.network.errors import InvalidCallError, NetworkMismatchError, NetworkUnreachableError
from statements.causes import cause_of

T = TypeVar("T")

READ_SECONDS = 30.0
WRITE_SECONDS = 180.0
"""A call is final after two or three blocks of 12 s; more where the node lags."""
_GRACE_SECONDS = 5.0
_CLOSE_SECONDS = 2.0
_URLS = {"local": "ws://127.0.0.1:9944"}
"""Where the SDK would let its environment decide: what is called local shall be local."""


class ChainClient:
    """Asks one node, and no other: what it says is never mixed with what a fallback says.

    Args:
        endpoint: network name that the SDK knows, or websocket URL.
        substrate: chain in memory, for tests; None connects to the endpoint.
    """

    def __init__(self, endpoint: str, *, substrate: Substrate | None = None) -> None:
        self.endpoint = _URLS.get(endpoint, endpoint)
        self._substrate = substrate
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Client | None = None

    def ask(
        self,
        what: str,
        question: Callable[[Client], Awaitable[T]],
        *,
        seconds: float | None = None,
    ) -> T:
        """The answer to a question.

        Args:
            what: what is asked for, for messages: "reading the metagraph".
            question: asks the client.
            seconds: time allowed; by default that of a read.

        Raises:
            NetworkUnreachableError: the node does not answer in time.
            NetworkRefusedError: the chain refuses.
            NetworkMismatchError: the node's runtime does not have what the SDK asks for, or its answer is none that
                this release understands. What is made of an answer is therefore made within the question.
        """

        async def answer() -> T:
            client = await self._connected()
            try:
                return await question(client)
            except (RpcConnectionError, ConnectionError):
                await self._drop(client)
                raise

        try:
            return self._run(answer(), READ_SECONDS if seconds is None else seconds)
        except ChainError as error:
            raise network_error(what, error) from error
        except (RpcConnectionError, OSError, TimeoutError) as error:
            raise NetworkUnreachableError(
                f"network.endpoint does not answer: {what}: {_cause(error)}",
                remedy="Check network.endpoint, and that the node is up and in sync.",
            ) from error
        except BittensorError as error:
            raise InvalidCallError(f"{what}: {error}") from error
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
            # as the SDK raises them for what the runtime does not have, and SDK and adapter for an answer of odd shape
            raise NetworkMismatchError(
                f"{what}: the node's runtime and this release's SDK do not fit together ({error})",
                remedy="Use a node of the current runtime, or the release of veristake made for this one.",
            ) from error

    def close(self) -> None:
        """Close the connection; a later question opens a new one."""
        with self._lock:
            loop, client, self._loop, self._client = self._loop, self._client, None, None
        if loop is None:
            return
        if client is not None:
            with contextlib.suppress(Exception):
                asyncio.run_coroutine_threadsafe(client.close(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)

    def _run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), name="subtensor", daemon=True).start()
            loop = self._loop
        # the second limit is for a loop that is stopped meanwhile and ends nothing any more
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), loop).result(seconds + _GRACE_SECONDS)

    async def _connected(self) -> Client:
        # only the loop's thread comes here, but two first questions may both connect: one of the connections is kept
        if self._client is None:
            client = Client(self.endpoint, fallback_endpoints=[], archive_endpoints=[], substrate=self._substrate)
            try:
                await client.connect()
            except BaseException:
                # else the SDK goes on trying by itself, once for each question that gave up
                await _closed(client)
                raise
            if self._client is None:
                self._client = client
            else:
                await _closed(client)
        return self._client

    async def _drop(self, client: Client) -> None:
        """Let the next question open a connection: the SDK gives one up for good after some failures."""
        if self._client is client:
            self._client = None
            await _closed(client)


async def _closed(client: Client) -> None:
    with contextlib.suppress(Exception):
        await asyncio.wait_for(client.close(), _CLOSE_SECONDS)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _cause(error: BaseException) -> str:
    """The cause without the endpoint in it, which may hold an access key."""
    return "timed out" if isinstance(error, TimeoutError) else cause_of(error)
