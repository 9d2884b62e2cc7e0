"""Several nodes of one chain: the next one is asked when one fails, and none that serves another chain is believed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from requests.exceptions import HTTPError, ReadTimeout
from web3 import HTTPProvider, Web3
from web3.exceptions import BlockNotFound, Web3RPCError

from staking_model.chain_source import UnreachableError, translated
from statements.errors import ChainError, ConfigurationError

Result = TypeVar("Result")
TIMEOUT_SECONDS = 20.0

log = logging.getLogger(__name__)


class RefusedError(ChainError):
    """Every node that serves the chain answered that it will not do this."""


class LaggingNodeError(ChainError):
    """A node does not have a block that another one had."""


class _OtherChainError(ChainError):
    """A node serves another chain."""


def endpoint_label(url: str) -> str:
    """Scheme, host and port: user, path and query may hold a key.

    Raises:
        ConfigurationError: it is no URL.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise ConfigurationError("an endpoint is no URL", remedy="Write it as https://host:port/path") from error
    return f"{parts.scheme}://{parts.hostname or '?'}{port}"


class Endpoints:
    """Reads that any of several nodes may answer.

    Args:
        urls: JSON-RPC URLs, in order of preference; never shown in full.
        chain_id: EIP-155 id that each must have.
        connect: makes a connection from a URL.

    Raises:
        ConfigurationError: no URL, or one that is not http or https.
    """

    def __init__(self, urls: Sequence[str], chain_id: int, connect: Callable[[str], Web3] | None = None) -> None:
        if not urls:
            raise ConfigurationError("no endpoint is given", remedy="Give at least one JSON-RPC URL")
        for url in urls:
            label = endpoint_label(url)
            if not label.startswith(("http://", "https://")):
                raise ConfigurationError(
                    f"endpoint {label} is not http or https", remedy="Give the URL of a JSON-RPC node"
                )
        self.chain_id = chain_id
        self._nodes = [_Node(url, (connect or _connect)(url)) for url in urls]
        self._first = 0

    def read(self, what: str, call: Callable[[Web3], Result]) -> Result:
        """Ask one node after the other, beginning with the one that answered last.

        Args:
            what: is asked, for messages.
            call: reads from the node that it is given; all of it from one node.

        Raises:
            RefusedError: a node answered that it will not, or gave up in the middle; less may be granted.
            ChainError: no node gave an answer, or a contract reverted.
        """
        failures: list[str] = []
        refused = False
        for offset in range(len(self._nodes)):
            index = (self._first + offset) % len(self._nodes)
            node = self._nodes[index]
            try:
                node.require_chain(self.chain_id)
                result = _asked(node, what, call)
            except (UnreachableError, RefusedError, LaggingNodeError, _OtherChainError) as error:
                refused = refused or isinstance(error, RefusedError) or _is_too_much(error)
                failures.append(f"{node.label}: {error.message}")
                log.warning("endpoint %s: %s", node.label, error.message)
                continue
            self._first = index
            return result
        kind = RefusedError if refused else ChainError
        raise kind(
            f"chain {self.chain_id} gives no answer: {'; '.join(failures)}",
            remedy="Check that its nodes run, and the endpoints and chain id of the settings",
        )


class _Node:
    def __init__(self, url: str, web3: Web3) -> None:
        self.label = endpoint_label(url)
        self.web3 = web3
        self._chain_id: int | None = None

    def require_chain(self, chain_id: int) -> None:
        if self._chain_id is None:
            self._chain_id = translated(lambda: int(self.web3.eth.chain_id), "eth_chainId")
        if self._chain_id != chain_id:
            raise _OtherChainError(f"serves chain {self._chain_id}, not {chain_id}")


def _connect(url: str) -> Web3:
    # no retries inside: failing over is decided here
    timeout = {"timeout": TIMEOUT_SECONDS}
    return Web3(HTTPProvider(url, request_kwargs=timeout, exception_retry_configuration=None))


def _asked(node: _Node, what: str, call: Callable[[Web3], Result]) -> Result:
    def guarded() -> Result:
        try:
            return call(node.web3)
        except BlockNotFound as error:
            raise LaggingNodeError(f"{what}: the node does not have the block") from error
        except Web3RPCError as error:
            raise RefusedError(f"{what}: {_words_of(error)}") from error
        except (KeyError, TypeError) as error:
            # a field is missing or of another type
            raise UnreachableError(f"{what}: the node's answer is not understood: {error!r}") from error

    return translated(guarded, what)


def _is_too_much(error: ChainError) -> bool:
    """Whether a node was reached but did not come to an answer: with an HTTP status, or within the time."""
    return isinstance(error.__cause__, HTTPError | ReadTimeout)


def _words_of(error: Web3RPCError) -> str:
    response = error.rpc_response
    if isinstance(response, dict):
        said = response.get("error")
        if isinstance(said, dict):
            return str(said.get("message", "refused"))
    return "refused"
