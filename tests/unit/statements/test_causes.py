from __future__ import annotations

import errno
import socket
import ssl

import aiohttp
import httpx
import pytest
import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError

from statements.causes import cause_of

KEY = "SECRETKEY"


def raised(outer: Exception, *inner: Exception) -> Exception:
    """``outer``, raised while handling the inner ones, the last of which was first."""
    link = outer
    for deeper in inner:
        link.__context__ = deeper
        link = deeper
    return outer


def _answered(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError(f"{status} for url: http://node/{KEY}", response=response)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            raised(
                requests.ConnectionError(f"Max retries exceeded with url: /{KEY} (Caused by NewConnectionError"),
                ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
            ),
            "connection refused",
        ),
        (
            raised(
                httpx.ConnectError("All connection attempts failed"),
                OSError("All connection attempts failed"),
                ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)"),
            ),
            "connection refused",
        ),
        (raised(requests.ReadTimeout(f"/{KEY}: Read timed out."), TimeoutError("timed out")), "timed out"),
        (TimeoutError(), "timed out"),
        (requests.ConnectTimeout(MaxRetryError(None, KEY, ConnectTimeoutError(KEY))), "timed out"),  # type: ignore[arg-type]  # as urllib3 raises it without a pool
        (
            requests.ConnectionError(MaxRetryError(None, KEY, OSError(errno.EHOSTUNREACH, KEY))),  # type: ignore[arg-type]  # the same
            "no route to host",
        ),
        (ValueError(KEY), "its answer is not understood"),
        (raised(httpx.ConnectError(KEY), socket.gaierror(-2, "Name or service not known")), "unknown host name"),
        (raised(httpx.ConnectError(KEY), ssl.SSLError()), "TLS fails (no reason given)"),
        (raised(httpx.ReadError(KEY), ConnectionResetError(errno.ECONNRESET, "x")), "connection reset by peer"),
        (_answered(401), "HTTP 401"),
        (aiohttp.ClientResponseError(None, (), status=503), "HTTP 503"),  # type: ignore[arg-type]  # as a proxy answers
        (requests.JSONDecodeError("Expecting value", KEY, 0), "its answer is not JSON"),
        (aiohttp.ServerDisconnectedError(), "ServerDisconnectedError"),
    ],
)
def test_cause_of_library_error_is_a_few_words_without_url(error: Exception, said: str) -> None:
    assert cause_of(error) == said


def test_cause_of_circular_chain_ends() -> None:
    one, two = ValueError("a"), OSError("b")
    one.__context__, two.__context__ = two, one
    assert cause_of(one) == "its answer is not understood"
