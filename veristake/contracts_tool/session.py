"""A connection to one chain through Ape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from statements.errors import ChainError

if TYPE_CHECKING:
    from ape.api import ProviderAPI


def quiet_ape() -> None:
    """Let Ape report warnings only: this package tells of its own steps."""
    from ape.logging import LogLevel, logger

    logger.set_level(LogLevel.WARNING)


@contextmanager
def connected(rpc_url: str) -> Iterator[ProviderAPI]:
    """Ape connected to a node.

    Raises:
        ChainError: nobody answers at ``rpc_url``.
    """
    import ape
    from ape.exceptions import NetworkError, ProviderError

    quiet_ape()

    try:
        context = ape.networks.parse_network_choice(rpc_url, disconnect_after=True)
        provider = context.__enter__()
    except (NetworkError, ProviderError, ConnectionError, OSError) as error:
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ChainError(
            f"rpc {rpc_url} does not answer: {first_line}", remedy="Start the node, or correct the URL"
        ) from error
    try:
        yield provider
    finally:
        context.__exit__(None, None, None)
