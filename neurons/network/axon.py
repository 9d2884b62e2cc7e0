"""The address that a neuron announces on a chain: an IP address and a port, which is all that a chain holds."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from statements.errors import ConfigurationError

_REMEDY = "Set listen.external_url to http://ADDRESS:PORT, with the IP address at which others reach this machine."

_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""IPv6 addresses that stand for IPv4 ones (RFC 6052, 6to4 of RFC 3056), private ones among them."""


@dataclass(frozen=True)
class Axon:
    """An announced address.

    Attributes:
        ip: IPv4 or IPv6 address.
        port: TCP port.
    """

    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int

    @property
    def url(self) -> str:
        """The URL under which others ask."""
        host = f"[{self.ip}]" if self.ip.version == 6 else str(self.ip)
        return f"http://{host}:{self.port}"


def axon_of(endpoint: str, *, local: bool) -> Axon:
    """What to announce for a URL.

    Args:
        endpoint: where the neuron serves.
        local: whether the chain runs on this machine, so that its own addresses will do. A chain refuses 127.0.0.1 and
            ::1 even then, but not the rest of 127.0.0.0/8.

    Raises:
        ConfigurationError: the chain cannot hold the URL, or nobody could reach it.
    """
    parts = urlsplit(endpoint)
    if parts.scheme != "http" or parts.path not in ("", "/") or parts.query or parts.username:
        raise ConfigurationError(
            f"endpoint {endpoint} cannot be announced: a chain holds an IP address and a port, asked over http",
            remedy=_REMEDY,
        )
    try:
        ip = ipaddress.ip_address(parts.hostname or "")
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(
            f"endpoint {endpoint} cannot be announced: {parts.hostname} is not an IP address", remedy=_REMEDY
        ) from error
    if port is None or port == 0:
        raise ConfigurationError(f"endpoint {endpoint} cannot be announced without a port", remedy=_REMEDY)
    reason = _unreachable(ip, local=local)
    if reason:
        raise ConfigurationError(f"endpoint {endpoint} cannot be announced: {reason}", remedy=_REMEDY)
    return Axon(ip, port)


def _unreachable(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, *, local: bool) -> str | None:
    """Why others cannot reach an address; None when they may."""
    if ip.is_unspecified or ip.is_multicast or int(ip) == 2**32 - 1:
        return f"{ip} is not the address of one machine"
    if str(ip) in ("127.0.0.1", "::1"):
        return f"{ip} is this machine's own address to itself, which the chain refuses"
    if not local and (not ip.is_global or any(ip in network for network in _TRANSLATED)):
        return f"{ip} is not reachable from the internet"
    return None
