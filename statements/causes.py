"""Why an endpoint gave no answer, in a few words for a person; the libraries' own words quote URLs and addresses."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from json import JSONDecodeError


def cause_of(error: BaseException) -> str:
    """The cause at the bottom of a connection error of any HTTP library.

    The words hold no URL, and so no access key.

    Args:
        error: as requests, httpx or aiohttp raise it.

    Returns:
        For example ``connection refused``, ``timed out``, ``HTTP 401``; the error's type when nothing is known of it.
    """
    for link in _chain(error):
        # requests and urllib3 have time-outs of their own that are no TimeoutError
        if isinstance(link, TimeoutError) or "Timeout" in type(link).__name__:
            return "timed out"
        if isinstance(link, socket.gaierror):
            return "unknown host name"
        if isinstance(link, ssl.SSLError):
            return f"TLS fails ({getattr(link, 'reason', None) or 'no reason given'})"
        status = getattr(link, "status", None) or getattr(getattr(link, "response", None), "status_code", None)
        if isinstance(status, int):
            return f"HTTP {status}"
    for link in _chain(error):
        # not its strerror, in which asyncio quotes the address
        if isinstance(link, OSError) and isinstance(link.errno, int) and link.errno > 0:
            return os.strerror(link.errno).lower()
    if isinstance(error, JSONDecodeError):
        return "its answer is not JSON"
    return "its answer is not understood" if isinstance(error, ValueError) else type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, outermost first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        # urllib3 keeps what it met in its reason, not in a chain
        link = link.__cause__ or link.__context__ or _inner(link)


def _inner(error: BaseException) -> BaseException | None:
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException):
            return inner
    return None
