"""Bounds on open connections, which cost nobody a signature: who opens many and says nothing shuts nobody out."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_IPV6_NETWORK_BITS = 64
"""What one customer of a provider has (RFC 6177)."""


@dataclass(frozen=True)
class ConnectionBounds:
    """How many connections may be open.

    Attributes:
        total: in all; when it is reached, the connection that waits longest for a complete request gives way.
        per_address: of one IPv4 address or IPv6 /64; more are closed at once.
        header_seconds: in which a request's headers must have arrived, from the opening or the last answer on.
    """

    total: int
    per_address: int
    header_seconds: float = 10.0


class OpenConnections:
    """The open connections of one server, oldest first.

    Args:
        bounds: on their number.
    """

    def __init__(self, bounds: ConnectionBounds) -> None:
        self.bounds = bounds
        self._open: dict[BoundedConnection, str] = {}
        self._of_address: Counter[str] = Counter()

    def enter(self, connection: BoundedConnection, address: str) -> bool:
        """Count a new connection; False when it shall be closed."""
        if self._of_address[address] >= self.bounds.per_address:
            return False
        if len(self._open) >= self.bounds.total and not self._one_gives_way():
            return False
        self._open[connection] = address
        self._of_address[address] += 1
        return True

    def leave(self, connection: BoundedConnection) -> None:
        """Count a connection no longer."""
        address = self._open.pop(connection, None)
        if address is None:
            return
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]

    def _one_gives_way(self) -> bool:
        for connection in self._open:
            if connection.has_no_request:
                self.leave(connection)
                connection.transport.abort()
                return True
        return False


class BoundedConnection(H11Protocol):
    """A connection that must bring its headers in time; subclasses name the server's ``opened``."""

    opened: OpenConnections
    _header_timer: asyncio.TimerHandle | None = None

    @property
    def has_no_request(self) -> bool:
        """Whether no request has arrived whole that is not answered yet."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Count it, and wait for headers."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        if not self.opened.enter(self, network_of(peer)):
            transport.abort()
            return
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no longer."""
        self._headers_came()
        self.opened.leave(self)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Wait no longer for headers once a request is under way."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._headers_came()

    def on_response_complete(self) -> None:
        """Wait for the next request's headers, or for what is left of a body that nobody wanted."""
        self._wait_for_headers()
        super().on_response_complete()

    def _wait_for_headers(self) -> None:
        self._headers_came()
        self._header_timer = self.loop.call_later(self.opened.bounds.header_seconds, self.transport.abort)

    def _headers_came(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


def bounded_connections(bounds: ConnectionBounds) -> type[asyncio.Protocol]:
    """The protocol class of one server, for ``uvicorn.Config(http=...)``."""

    class OfThisServer(BoundedConnection):
        opened = OpenConnections(bounds)

    return OfThisServer


def network_of(peer: Any) -> str:
    """The IPv4 address or IPv6 /64 of a peer as sockets and ASGI name it, an address with a port."""
    if not isinstance(peer, (tuple, list)):
        return ""
    try:
        address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
    except ValueError:
        return str(peer[0])
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_NETWORK_BITS), strict=False))
