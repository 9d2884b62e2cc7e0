"""HTTP to the API: bounded answers, typed refusals, and retries where asking again makes sense."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import ValidationError

from signed_http.refusal import Refusal
from statements.causes import cause_of
from veristake.client.errors import ApiMalformedError, ApiRefusedError, ApiUnreachableError

_LARGEST_ANSWER_BYTES = 256 * 1024 * 1024
"""An SRS of 2^21 rows."""
_AGAIN = frozenset({"rate_limited", "busy", "state_unavailable", "request_timeout"})
"""Codes after which the same request can succeed."""
_GATEWAY = frozenset({502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0


class Transport:
    """Asks one API.

    Args:
        url: of the API.
        key: opens it.
        patience: seconds that one request may take on the wire, beyond what it asks the server to wait.
    """

    def __init__(self, url: str, key: str, patience: float = 30.0) -> None:
        self._url = url.rstrip("/")
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=self._url, headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        give_up_at: float,
        wait: float = 0.0,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Ask, and ask again after a failure that may pass, until a moment of the monotonic clock.

        Args:
            method: of HTTP.
            path: of the API.
            give_up_at: monotonic clock, seconds.
            wait: seconds that the server is asked to wait for an answer.
            content: JSON to send; the request has to be safe to repeat.
            headers: beside the key.

        Raises:
            ApiUnreachableError: there was no answer until then.
            ApiRefusedError: the API refuses, and asking again would change nothing.
            ApiMalformedError: the answer is not one of the API's.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._once(method, path, give_up_at, wait, content, headers)
            except (ApiUnreachableError, ApiRefusedError) as error:
                rest = pause
                if isinstance(error, ApiRefusedError):
                    if error.code not in _AGAIN:
                        raise
                    rest = max(pause, error.retry_after_seconds or 0.0)
                if time.monotonic() + rest >= give_up_at:
                    raise
                await asyncio.sleep(rest)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _once(
        self,
        method: str,
        path: str,
        give_up_at: float,
        wait: float,
        content: Any,
        headers: Mapping[str, str] | None,
    ) -> bytes:
        seconds = max(0.001, min(self._patience + wait, give_up_at - time.monotonic()))
        request = self._http.build_request(method, path, json=content, headers=dict(headers or {}), timeout=seconds)
        try:
            async with asyncio.timeout(seconds):
                status, body = await self._exchange(request)
        except (TimeoutError, httpx.HTTPError) as error:
            raise ApiUnreachableError(
                f"{self._url} gives no answer: {cause_of(error)}", remedy="Check the URL, or allow more time"
            ) from error
        except httpx.InvalidURL as error:
            # httpx reads where a redirection leads, though nobody follows it
            raise ApiMalformedError(f"{self._url} answers with a Location that is no URL") from error
        if 200 <= status < 300:
            return body
        try:
            raise ApiRefusedError(status, Refusal.model_validate_json(body))
        except ValidationError as error:
            if status in _GATEWAY:
                # something that stands before the API
                raise ApiUnreachableError(f"{self._url} gives no answer: HTTP {status}") from error
            raise ApiMalformedError(f"{self._url} answers {status} with something else than a refusal") from error

    async def _exchange(self, request: httpx.Request) -> tuple[int, bytes]:
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _LARGEST_ANSWER_BYTES:
                    raise ApiMalformedError(f"{self._url} answers with more than {_LARGEST_ANSWER_BYTES} bytes")
            return response.status_code, bytes(body)
        finally:
            await response.aclose()
