"""Connections to miners that are kept: opening one anew for each request costs more than the rest of the validator."""

from __future__ import annotations

import asyncio
import time

from signed_http.client import SignedClient
from signed_http.wallets import HotkeyKeypair

_LONGEST_SECONDS = 3600.0
"""Callers bound each request by themselves; this is the longest that a request may allow."""
_FORGOTTEN_AFTER_SECONDS = 2 * _LONGEST_SECONDS
"""A client that nobody asked for in so long has no request under way, and its miner a new address, or is gone."""


class PeerClients:
    """One client for each miner and address.

    Args:
        keypair: signs the requests.
    """

    def __init__(self, keypair: HotkeyKeypair) -> None:
        self._keypair = keypair
        self._clients: dict[tuple[str, str], SignedClient] = {}
        self._used: dict[tuple[str, str], float] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def of(self, hotkey: str, endpoint: str) -> SignedClient:
        """The client that asks ``hotkey`` at ``endpoint``."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # connections belong to the event loop in which they were opened
            self._clients, self._used, self._loop = {}, {}, loop
        key = (hotkey, endpoint)
        if key not in self._clients:
            self._forget_unused()
            self._clients[key] = SignedClient(self._keypair, endpoint, hotkey, _LONGEST_SECONDS)
        self._used[key] = time.monotonic()
        return self._clients[key]

    def _forget_unused(self) -> None:
        before = time.monotonic() - _FORGOTTEN_AFTER_SECONDS
        for key in [key for key, used in self._used.items() if used < before]:
            del self._used[key]
            closing = asyncio.create_task(self._clients.pop(key).aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close them all."""
        clients, self._clients, self._used = self._clients, {}, {}
        for client in clients.values():
            await client.aclose()
