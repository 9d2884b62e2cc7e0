"""Where an entry may be fetched: no miner makes this validator its way into networks that it cannot reach itself."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

MOST_SOURCES = 4
"""That are asked for one entry."""
_LONGEST_URL = 256


async def allowed_sources(endpoint: str, named: Sequence[str]) -> tuple[str, ...]:
    """The miner's own address, and those it names that lie in the public internet or on its own host.

    A name is looked up here and again when it is fetched from: one whose address changes between the two is not caught,
    and gets a request for ``/v1/artefacts/`` and a hash, nothing else.

    Args:
        endpoint: that the miner has announced on the network.
        named: base URLs in its entry.
    """
    allowed = [endpoint]
    for url in named[:MOST_SOURCES]:
        parts = _plain(url)
        if url not in allowed and parts is not None and await _may_be_asked(parts, endpoint):
            allowed.append(url)
    return tuple(allowed[:MOST_SOURCES])


def _plain(url: str) -> SplitResult | None:
    """The parts of a base URL without user, query and fragment; None for anything else."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    extra = parts.username or parts.password or parts.query or parts.fragment or "?" in url or "#" in url
    return parts if fine and not extra and len(url) <= _LONGEST_URL and url.isprintable() else None


async def _may_be_asked(parts: SplitResult, endpoint: str) -> bool:
    host = parts.hostname or ""
    if host == urlsplit(endpoint).hostname:
        return True
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    # an address of IPv6 may carry its interface
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    return bool(addresses) and all(address.is_global for address in addresses)
