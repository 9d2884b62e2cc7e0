"""Keeps a neuron's address announced: a hotkey that was pruned and registered again has none, and nobody asks it."""

from __future__ import annotations

import asyncio

import structlog

from neurons.network import Network, neuron_of
from statements.errors import VeristakeError

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 60.0


def announce_if_lost(network: Network, hotkey: str, announced: str) -> bool:
    """Announce the address again where the network has another one, or none, for a registered hotkey. Blocks.

    Args:
        network: where.
        hotkey: ss58 address of this neuron.
        announced: URL as the network gave it back when it was announced first.

    Returns:
        Whether it was announced.

    Raises:
        VeristakeError: the network does not answer or refuses.
    """
    entry = neuron_of(network.neurons(), hotkey)
    if entry is None or entry.endpoint == announced:
        return False
    network.serve(hotkey, announced)
    return True


async def keep_announced(network: Network, hotkey: str, announced: str) -> None:
    """Look again and again, until cancelled.

    Args:
        network: where.
        hotkey: ss58 address of this neuron.
        announced: URL as the network gave it back when it was announced first.
    """
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            if await asyncio.to_thread(announce_if_lost, network, hotkey, announced):
                _log.warning("announced_again", endpoint=announced)
        except VeristakeError as error:
            _log.warning("network_unavailable", reason=str(error))
