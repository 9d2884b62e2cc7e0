"""New heads by websocket: they say when to look at the chain, and nothing else; what is true is asked for elsewhere."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any, Protocol

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType

from relayer.backoff import backoff_seconds
from relayer.chain_data import Block
from relayer.settings import endpoint_label
from statements.causes import cause_of
from statements.errors import ChainError

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 10.0
HEARTBEAT_SECONDS = 15.0
"""Pings: a connection whose other end is gone is noticed although nothing is sent."""

_USUAL = (ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError)
"""What a node that is gone, or one that answers nonsense, leads to."""


class HeadsError(ChainError):
    """New heads don't come by websocket; the chain is polled until they do."""


class Heads(Protocol):
    """Reads the newest block; :class:`relayer.chain.Chain`."""

    async def head(self) -> Block:
        """The latest block."""


class Listener(Protocol):
    """Whoever wants to know of new heads; :class:`relayer.writer.ChainWriter`."""

    def wake(self) -> None:
        """There is something to look at."""

    def rely_on_heads(self, rely: bool) -> None:
        """Whether each new head will be told."""


class HeadsConnection:
    """A websocket of a node that has said that it serves the right chain, subscribed to its new heads.

    Args:
        socket: open.
        label: host and port.
    """

    def __init__(self, socket: ClientWebSocketResponse, label: str) -> None:
        self._socket = socket
        self._label = label
        self._ids = itertools.count(1)
        self._subscription = ""

    async def subscribe(self, chain_id: int) -> None:
        """Check the chain id and ask for new heads.

        Raises:
            HeadsError: the node serves another chain, or does not give heads.
            TimeoutError: no answer.
        """
        actual = int(await self._ask("eth_chainId"), 16)
        if actual != chain_id:
            raise HeadsError(
                f"heads_endpoint {self._label} serves chain {actual}, the settings say {chain_id}",
                remedy="Correct heads_endpoint or chain_id of this chain",
            )
        self._subscription = str(await self._ask("eth_subscribe", "newHeads"))

    async def next(self, seconds: float) -> int:
        """Height of the next head.

        Raises:
            TimeoutError: none within so many seconds.
            HeadsError: the connection is closed, or what comes is not JSON-RPC.
        """
        async with asyncio.timeout(seconds):
            while True:
                about = (await self._receive()).get("params")
                if isinstance(about, dict) and str(about.get("subscription")) == self._subscription:
                    return int(about["result"]["number"], 16)

    async def _ask(self, method: str, *params: Any) -> Any:
        number = next(self._ids)
        await self._socket.send_json({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                answer = await self._receive()
                if answer.get("id") != number:
                    continue
                if answer.get("error") or "result" not in answer:
                    raise self._failed(f"it refuses {method}: {answer.get('error')}")
                return answer["result"]

    async def _receive(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message.type is not WSMsgType.TEXT:
            raise self._failed("the connection is closed")
        content = message.json()
        if not isinstance(content, dict):
            raise self._failed("what it sends is not JSON-RPC")
        return content

    def _failed(self, why: str) -> HeadsError:
        return HeadsError(f"heads_endpoint {self._label}: {why}", remedy="Check that the node gives eth_subscribe")


class HeadWatch:
    """Tells a listener of a chain's new heads, and when it has to look by itself.

    Args:
        chain: asked when no head comes: does the chain stand, or has the connection fallen silent?
        url: websocket URL; never logged, only its host and port.
        chain_id: EIP-155 id that it must have.
        listener: is told.
        name: of the chain, for the log.
        spacing_seconds: the listener is woken at most once in so many, however quick the chain is.
        silence_seconds: without a head before the chain is asked; the second time in a row decides.
        retry_seconds: before the first try to connect again; it doubles up to a minute.
    """

    def __init__(
        self,
        chain: Heads,
        url: str,
        chain_id: int,
        listener: Listener,
        *,
        name: str,
        spacing_seconds: float,
        silence_seconds: float,
        retry_seconds: float = 1.0,
    ) -> None:
        self._chain = chain
        self._url = url
        self._chain_id = chain_id
        self._listener = listener
        self._name = name
        self._spacing_seconds = spacing_seconds
        self._silence_seconds = silence_seconds
        self._retry_seconds = retry_seconds
        self._woken_at = float("-inf")
        self._waking: asyncio.TimerHandle | None = None
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until ``stop`` is set; a connection that fails is opened again, and the chain polled meanwhile."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                listening = asyncio.create_task(self._listen())
                await asyncio.wait({listening, stopped}, return_when=asyncio.FIRST_COMPLETED)
                listening.cancel()
                (outcome,) = await asyncio.gather(listening, return_exceptions=True)
                if isinstance(outcome, Exception):
                    await asyncio.wait({stopped}, timeout=self._lost(outcome))
        finally:
            stopped.cancel()
            if self._waking is not None:
                self._waking.cancel()

    async def _listen(self) -> None:
        async with (
            ClientSession(timeout=ClientTimeout(total=ANSWER_SECONDS)) as session,
            session.ws_connect(self._url, heartbeat=HEARTBEAT_SECONDS) as socket,
        ):
            connection = HeadsConnection(socket, endpoint_label(self._url))
            await connection.subscribe(self._chain_id)
            self._failures = 0
            log.info("heads_live", chain=self._name, endpoint=endpoint_label(self._url))
            self._listener.rely_on_heads(True)
            # what came before the subscription is not told
            self._wake()
            await self._follow(connection)

    async def _follow(self, connection: HeadsConnection) -> None:
        newest, expected = -1, -1
        while True:
            try:
                newest, expected = await connection.next(self._silence_seconds), -1
                self._tell()
            except TimeoutError:
                if newest < expected:
                    raise HeadsError(
                        f"heads_endpoint {endpoint_label(self._url)} is silent, the chain is at block {expected}",
                        remedy="Check the node; another websocket endpoint may be better",
                    ) from None
                # told by what has answered the other questions: a head that is seen first there may be on its way here
                head = await self._head()
                newest, expected = (head, head) if newest < 0 else (newest, head)

    async def _head(self) -> int:
        try:
            return (await self._chain.head()).reference.number
        except ChainError:
            # nothing can be said about the silence; the chain's writer tells of its own trouble
            return -1

    def _tell(self) -> None:
        """Wake the listener now, or later when it has just been woken."""
        if self._waking is not None:
            return
        loop = asyncio.get_running_loop()
        early = self._woken_at + self._spacing_seconds - loop.time()
        if early <= 0:
            self._wake()
        else:
            self._waking = loop.call_later(early, self._wake)

    def _wake(self) -> None:
        self._waking = None
        self._woken_at = asyncio.get_running_loop().time()
        self._listener.wake()

    def _lost(self, error: Exception) -> float:
        """No heads any more: the listener looks by itself. Returns how long to wait before the next try, seconds."""
        self._failures += 1
        wait = backoff_seconds(self._failures, first=self._retry_seconds)
        expected = isinstance(error, (ChainError, *_USUAL))
        log.warning(
            "heads_lost",
            chain=self._name,
            endpoint=endpoint_label(self._url),
            code=type(error).__name__,
            error=error.message if isinstance(error, ChainError) else cause_of(error),
            retry_seconds=wait,
            exc_info=None if expected else error,
        )
        self._listener.rely_on_heads(False)
        return wait


async def check_heads(url: str, chain_id: int) -> None:
    """Try a websocket endpoint as an operator's check does.

    Raises:
        HeadsError: it cannot be reached, serves another chain, or gives no heads.
    """
    label = endpoint_label(url)
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=ANSWER_SECONDS)) as session,
            session.ws_connect(url) as socket,
        ):
            await HeadsConnection(socket, label).subscribe(chain_id)
    except _USUAL as error:
        raise HeadsError(
            f"heads_endpoint {label} cannot be subscribed to: {cause_of(error)}",
            remedy="Check that the node runs, the URL is right and its websocket is on",
        ) from error
