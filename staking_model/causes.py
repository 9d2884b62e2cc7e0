"""Why a node gave no answer, in a few words that hold no URL and so no access key."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator

from requests.exceptions import ConnectTimeout, ReadTimeout


def cause_of(error: BaseException) -> str:
    """The cause at the bottom of a connection error of requests.

    Returns:
        For example ``connection refused``, ``timed out``, ``HTTP 401``; the error's type when nothing is known of it.
    """
    for link in _chain(error):
        if isinstance(link, TimeoutError | ConnectTimeout | ReadTimeout):
            return "timed out"
        if isinstance(link, ssl.SSLError):
            return "TLS fails"
        status = getattr(getattr(link, "response", None), "status_code", None)
        if isinstance(status, int):
            return f"HTTP {status}"
    for link in _chain(error):
        if isinstance(link, OSError) and isinstance(link.errno, int) and link.errno > 0:
            return os.strerror(link.errno).lower()
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
