"""One JSON-RPC endpoint. The only place that imports web3."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientError, ClientTimeout
from web3 import AsyncHTTPProvider
from web3.types import RPCEndpoint

from relayer.classify import RpcError
from relayer.settings import endpoint_label
from statements.causes import cause_of
from statements.errors import ChainError, ConfigurationError


class EndpointError(ChainError):
    """An endpoint gives no answer, or one that is not JSON-RPC; another one may."""


class Endpoint:
    """A node behind a URL, used only once it has said that it serves the right chain.

    Args:
        url: JSON-RPC URL; never logged, only its host and port.
        chain_id: EIP-155 id that it must have.
        timeout: seconds for one request.
    """

    def __init__(self, url: str, *, chain_id: int, timeout: float) -> None:
        self.label = endpoint_label(url)
        self._chain_id = chain_id
        self._verified = False
        # no retries inside: failing over is the caller's decision
        self._provider = AsyncHTTPProvider(
            url, request_kwargs={"timeout": ClientTimeout(total=timeout)}, exception_retry_configuration=None
        )

    async def ask(self, method: str, *params: Any) -> Any:
        """Result of a JSON-RPC method.

        Raises:
            RpcError: the node answered with an error.
            EndpointError: no usable answer.
            ConfigurationError: the node serves another chain.
        """
        if not self._verified:
            await self.check_chain_id()
        return await self._request(method, params)

    async def check_chain_id(self) -> None:
        """Ask for the chain id before anything else.

        Raises:
            ConfigurationError: the node serves another chain.
            EndpointError: no usable answer.
        """
        answer = await self._request("eth_chainId", ())
        actual = int(answer, 16)
        if actual != self._chain_id:
            raise ConfigurationError(
                f"endpoint {self.label} serves chain {actual}, the settings say {self._chain_id}",
                remedy="Correct chain_id or endpoints of this chain",
            )
        self._verified = True

    async def close(self) -> None:
        """Close its connections."""
        await self._provider.disconnect()

    async def _request(self, method: str, params: tuple[Any, ...]) -> Any:
        try:
            response = await self._provider.make_request(RPCEndpoint(method), list(params))
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise EndpointError(
                f"endpoint {self.label} does not answer {method}: {cause_of(error)}",
                remedy="Check that the node runs and the URL is right",
            ) from None
        if "error" in response:
            raise _rpc_error(response["error"])
        if "result" not in response:
            raise EndpointError(
                f"endpoint {self.label} answers {method} without a result",
                remedy="Check that the URL is of a JSON-RPC node",
            )
        return response["result"]


def _rpc_error(error: Any) -> RpcError:
    if not isinstance(error, dict):
        return RpcError(0, str(error))
    data = error.get("data")
    try:
        revert = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""
    except ValueError:
        revert = b""
    return RpcError(int(error.get("code", 0)), str(error.get("message", "")), revert)
