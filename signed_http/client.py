"""Asking a peer: requests are signed for it, answers are believed when it signed them for that request."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any

import httpx
from bittensor import http_auth
from pydantic import ValidationError

from signed_http.errors import (
    MalformedResponseError,
    PeerError,
    PeerRefusedError,
    PeerTimeoutError,
    PeerUnreachableError,
    ResponseSignatureError,
)
from signed_http.refusal import Refusal
from signed_http.response import (
    HOTKEY_HEADER,
    SIGNATURE_HEADER,
    UNREAD_STATUSES,
    response_payload,
    signature_is_valid,
    unread_payload,
)
from signed_http.wallets import HotkeyKeypair
from statements.causes import cause_of

MAXIMUM_RESPONSE_BYTES = 8 * 1024 * 1024
"""A page of a hundred publications takes less than one MiB."""


class SignedClient:
    """Asks one peer, as an asynchronous context manager or until :meth:`aclose`.

    Args:
        hotkey_keypair: signs the requests.
        base_url: the peer's URL, for example ``http://127.0.0.1:8091``.
        receiver_hotkey: ss58 hotkey of the peer; requests are bound to it and answers must be signed by it.
        timeout: seconds from connecting to the last byte of the answer.
        maximum_response_bytes: an answer beyond this is refused while it arrives.
    """

    def __init__(
        self,
        hotkey_keypair: HotkeyKeypair,
        base_url: str,
        receiver_hotkey: str,
        timeout: float = 10.0,
        *,
        maximum_response_bytes: int = MAXIMUM_RESPONSE_BYTES,
    ) -> None:
        self._keypair = hotkey_keypair
        self._receiver = receiver_hotkey
        self._timeout = timeout
        self._maximum_response_bytes = maximum_response_bytes
        # no proxy from the environment: the peer is addressed directly
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=timeout,
            trust_env=False,
            headers={"Accept-Encoding": "identity"},
            verify=_tls_context(),
        )

    async def __aenter__(self) -> SignedClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get_json(
        self, path: str, params: Mapping[str, str | int] | None = None, *, maximum_bytes: int | None = None
    ) -> Any:
        """GET ``path`` and return the parsed JSON of the answer.

        Args:
            path: to ask for.
            params: of the query.
            maximum_bytes: an answer beyond this is refused while it arrives; None: the client's own limit.

        Raises:
            PeerUnreachableError: no connection, or (PeerTimeoutError) no complete answer in time.
            ResponseSignatureError: the answer is not signed by the peer for this request.
            PeerRefusedError: an error status.
            MalformedResponseError: too large, or not JSON.
        """
        request = self._http.build_request("GET", path, params=dict(params) if params else None)
        return await self._ask(request, maximum_bytes)

    async def post_json(self, path: str, content: Any, *, maximum_bytes: int | None = None) -> Any:
        """POST ``content`` as JSON and return the parsed JSON of the answer.

        Args:
            path: to ask.
            content: of the body.
            maximum_bytes: as for :meth:`get_json`.

        Raises:
            PeerError: as :meth:`get_json`.
        """
        body = json.dumps(content, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        return await self._ask(self._http.build_request("POST", path, content=body, headers=headers), maximum_bytes)

    async def _ask(self, request: httpx.Request, maximum_bytes: int | None) -> Any:
        target = request.url.raw_path.decode("ascii")
        signed = http_auth.sign(
            self._keypair,
            method=request.method,
            path=target,
            body=request.content,
            receiver_ss58=self._receiver,
        )
        request.headers.update(signed)
        url = str(request.url)
        try:
            async with asyncio.timeout(self._timeout):
                response, body = await self._exchange(request, maximum_bytes or self._maximum_response_bytes)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise PeerTimeoutError(
                url,
                f"{url} gave no complete answer within {self._timeout:g} s",
                remedy="Check that the peer runs and is not overloaded, or allow more time.",
            ) from error
        except httpx.HTTPError as error:
            raise PeerUnreachableError(
                url,
                f"{url} cannot be reached: {cause_of(error)}",
                remedy="Check that the peer runs, and its address in the network file.",
            ) from error
        except PeerError:
            raise
        except Exception as error:
            # what a peer sends can make the HTTP library raise more than it documents, as a redirect to "x:y" does
            raise MalformedResponseError(
                url, f"{url} gives an answer that is no HTTP: {cause_of(error)}", remedy="Do not ask this peer."
            ) from error
        return self._believe(url, request, response, body)

    async def _exchange(self, request: httpx.Request, maximum_bytes: int) -> tuple[httpx.Response, bytes]:
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > maximum_bytes:
                    raise MalformedResponseError(
                        str(request.url),
                        f"{request.url} answers with more than {maximum_bytes} bytes",
                        remedy="Ask for a smaller page, or do not ask this peer.",
                    )
            return response, bytes(body)
        finally:
            await response.aclose()

    def _believe(self, url: str, request: httpx.Request, response: httpx.Response, body: bytes) -> Any:
        signature = response.headers.get(SIGNATURE_HEADER)
        if signature is None and response.is_error:
            raise PeerRefusedError(url, response.status_code, _refusal(body), authentic=False)
        if not self._signed_by_receiver(request, response, body):
            claimed = response.headers.get(HOTKEY_HEADER, "nobody")
            raise ResponseSignatureError(
                url,
                f"{url} gave an answer not signed by {self._receiver} for this request but by {claimed}",
                remedy="Check the peer's hotkey in the network file; something may stand between you and it.",
            )
        if not response.is_success:
            raise PeerRefusedError(url, response.status_code, _refusal(body), authentic=True)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MalformedResponseError(
                url, f"the answer of {url} is not JSON: {error}", remedy="Ask the peer's operator to update."
            ) from error

    def _signed_by_receiver(self, request: httpx.Request, response: httpx.Response, body: bytes) -> bool:
        signature = response.headers.get(SIGNATURE_HEADER, "")
        asked = request.headers[http_auth.HEADER_SIGNATURE]
        payload = response_payload(request_body=request.content, request_signature=asked, response_body=body)
        if signature_is_valid(payload, signature, self._receiver):
            return True
        if response.status_code not in UNREAD_STATUSES:
            return False
        return signature_is_valid(
            unread_payload(request_signature=asked, response_body=body), signature, self._receiver
        )


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    """One for all peers: reading the authorities' certificates takes 40 ms, which a survey of many cannot spare."""
    return httpx.create_ssl_context(trust_env=False)


def _refusal(body: bytes) -> Refusal | None:
    try:
        return Refusal.model_validate_json(body)
    except ValidationError:
        return None
