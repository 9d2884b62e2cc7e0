"""One JSON-RPC endpoint over HTTP."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from relayer.classify import RpcError
from relayer.endpoint_health import EndpointHealth
from relayer.rate_limits import TokenBucket, rest_seconds
from relayer.settings import endpoint_label
from statements.causes import cause_of
from statements.errors import ChainError, ConfigurationError

_TOO_MANY_REQUESTS = 429
_LIMIT_CODES = frozenset({429, -32005})
"""JSON-RPC codes for "limit exceeded" (EIP-1474 has -32005, providers also repeat HTTP's)."""


class EndpointError(ChainError):
    """An endpoint gives no answer, or one that is not JSON-RPC; another one may."""


class Endpoint:
    """A node behind a URL, used only once it has said that it serves the right chain.

    Args:
        url: JSON-RPC URL; never logged, only its host and port.
        chain_id: EIP-155 id that it must have.
        timeout: seconds for one request.
        requests_per_second: sent to it at most; None: no limit.
        clock: monotonic, seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        chain_id: int,
        timeout: float,
        requests_per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.label = endpoint_label(url)
        self.health = EndpointHealth()
        self._url = url
        self._chain_id = chain_id
        self._timeout = ClientTimeout(total=timeout)
        self._longest_wait = timeout
        self._bucket = None if requests_per_second is None else TokenBucket(requests_per_second)
        self._clock = clock
        self._sleep = sleep
        self._verified = False
        self._session: ClientSession | None = None
        self._ids = itertools.count(1)

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Sort key for reads: smaller is better; one that has reached its own limit comes after one that has not."""
        now = self._clock()
        shunned, slow = self.health.rank(now)
        return shunned, self._bucket is not None and self._bucket.wait(now) > 0, slow

    async def ask(self, method: str, *params: Any) -> Any:
        """Result of a JSON-RPC method.

        Raises:
            RpcError: the node answered with an error.
            EndpointError: no usable answer, or it wants to be left alone for a while.
            ConfigurationError: the node serves another chain.
        """
        if not self._verified:
            await self.check_chain_id()
        return await self._request(method, params)

    async def check_chain_id(self) -> None:
        """Ask for the chain id, before anything else and again after each failure: the node may be another one then.

        Raises:
            ConfigurationError: the node serves another chain.
            EndpointError: no usable answer.
        """
        try:
            actual = int(await self._request("eth_chainId", ()), 16)
        except RpcError as error:
            # a node that is still starting
            raise self._failed("eth_chainId", error.message) from None
        except (TypeError, ValueError):
            raise self._failed("eth_chainId", "the answer is not a number") from None
        if actual != self._chain_id:
            self.health.failed(self._clock())
            raise ConfigurationError(
                f"endpoint {self.label} serves chain {actual}, the settings say {self._chain_id}",
                remedy="Correct chain_id or endpoints of this chain",
            )
        self._verified = True

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _await_turn(self) -> None:
        """Stay within the limits: ours, and the one that the endpoint has told us.

        Raises:
            EndpointError: it would take too long.
        """
        if self._bucket is not None:
            wait = self._bucket.wait(self._clock())
            if wait > self._longest_wait:
                raise EndpointError(
                    f"endpoint {self.label} has {wait:.1f} s of requests waiting (requests_per_second)",
                    remedy="Raise requests_per_second if the plan allows more, or use more endpoints",
                )
            wait = self._bucket.take(self._clock())
            if wait > 0:
                await self._sleep(wait)
        rest = self.health.limited_until - self._clock()
        if rest > 0:
            raise EndpointError(
                f"endpoint {self.label} asks for {rest:.1f} s of rest (rate limit)",
                remedy="Set requests_per_second to what the plan allows, use a higher plan, or more endpoints",
            )

    async def _request(self, method: str, params: tuple[Any, ...]) -> Any:
        await self._await_turn()
        started = self._clock()
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        try:
            async with self._open().post(self._url, json=body) as response:
                if response.status == _TOO_MANY_REQUESTS:
                    raise self._limited(method, _retry_after(response))
                content = _parsed(response, await response.read())
        except EndpointError:
            raise
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise self._failed(method, cause_of(error)) from None
        if not isinstance(content, dict) or not ("error" in content or "result" in content):
            raise self._failed(method, "the answer is not JSON-RPC")
        if content.get("error") is not None:
            refusal = _rpc_error(content["error"])
            if refusal.code in _LIMIT_CODES and not refusal.is_revert:
                raise self._limited(method, None)
            self.health.answered(self._clock() - started)
            raise refusal
        self.health.answered(self._clock() - started)
        return content.get("result")

    def _open(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(timeout=self._timeout)
        return self._session

    def _failed(self, method: str, cause: str) -> EndpointError:
        self._verified = False
        self.health.failed(self._clock())
        return EndpointError(
            f"endpoint {self.label} does not answer {method}: {cause}",
            remedy="Check that the node runs and the URL is right",
        )

    def _limited(self, method: str, retry_after: float | None) -> EndpointError:
        self.health.limited(self._clock(), retry_after)
        return EndpointError(
            f"endpoint {self.label} refuses {method}: too many requests",
            remedy="Use a plan with a higher rate, or more endpoints",
        )


def _parsed(response: ClientResponse, body: bytes) -> Any:
    """JSON of an answer; some nodes put their JSON-RPC errors under an HTTP error.

    Raises:
        ClientError: an HTTP error without JSON-RPC.
        ValueError: not JSON.
    """
    try:
        content = json.loads(body)
    except ValueError:
        response.raise_for_status()
        raise
    if not (isinstance(content, dict) and "error" in content):
        response.raise_for_status()
    return content


def _retry_after(response: ClientResponse) -> float | None:
    headers = response.headers
    return rest_seconds(headers.get("Retry-After", ""), date=headers.get("Date", ""), now=datetime.now(UTC))


def _rpc_error(error: Any) -> RpcError:
    if not isinstance(error, dict):
        return RpcError(0, str(error))
    data = error.get("data")
    try:
        revert = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""
    except ValueError:
        revert = b""
    code = error.get("code", 0)
    return RpcError(code if isinstance(code, int) else 0, str(error.get("message", "")), revert)
