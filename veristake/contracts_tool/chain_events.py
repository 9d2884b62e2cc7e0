"""A contract's events, also from nodes that answer for a limited number of blocks at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from web3 import Web3

_SMALLEST_RANGE = 16


def events(web3: Web3, contract: Any, name: str, first_block: int) -> Iterator[Any]:
    """Arguments of each event, oldest first.

    Args:
        web3: connection to the chain.
        contract: web3 contract.
        name: of the event.
        first_block: where to begin.

    Raises:
        ChainError: the node does not answer even for a few blocks.
    """
    event = contract.events[name]
    place, last = first_block, web3.eth.block_number
    size = last - first_block + 1
    while place <= last:
        found, size = _range(event, place, last, size)
        yield from found
        place += size


def _range(event: Any, first: int, last: int, size: int) -> tuple[list[Any], int]:
    """Events of up to ``size`` blocks, fewer when the node wants it so; and of how many."""
    from web3.exceptions import Web3Exception

    from statements.errors import ChainError

    while True:
        end = min(first + size - 1, last)
        try:
            logs = event.get_logs(from_block=first, to_block=end)
        except Web3Exception as error:
            if size <= _SMALLEST_RANGE:
                raise ChainError(
                    f"the node gives no events of blocks {first} to {end}: {error}",
                    remedy="Use a node that answers eth_getLogs",
                ) from error
            size //= 2
        else:
            return [cast("Any", log)["args"] for log in logs], end - first + 1
