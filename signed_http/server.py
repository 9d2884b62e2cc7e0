"""Answering peers: an ASGI wrapper that authenticates each request and signs each answer.

Wrap the finished application (``SignedRequests(app, keypair)``) and run the wrapper: then error answers are
signed too. Run one worker process: the memory of accepted nonces, which stops replays, is per process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from bittensor import http_auth
from fastapi import Request

from signed_http.errors import AuthenticationError, RequestTooLargeError
from signed_http.refusal import Fault, Refusal
from signed_http.response import HOTKEY_HEADER, SIGNATURE_HEADER, response_payload, sign_response
from signed_http.wallets import HotkeyKeypair

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = structlog.get_logger(__name__)

MAXIMUM_BODY_BYTES = 1024 * 1024
BODY_TIMEOUT_SECONDS = 10.0


def caller_hotkey(request: Request) -> str:
    """FastAPI dependency: ss58 hotkey that signed the request.

    Raises:
        AuthenticationError: the route is open, so nobody signed.
    """
    caller = request.scope.get("state", {}).get("caller_hotkey")
    if caller is None:
        raise AuthenticationError("this route is open and has no authenticated caller")
    return str(caller)


class SignedRequests:
    """Wraps an ASGI application.

    Args:
        app: the application.
        keypair: hotkey for which requests must be signed, and which signs the answers.
        open_paths: paths that anybody may read without a signature, such as ``/healthz``.
        maximum_body_bytes: a body beyond this is refused before it is hashed.
        body_timeout: seconds in which the body must have arrived.
        nonce_store: memory of accepted nonces; one per server by default.
    """

    def __init__(
        self,
        app: Application,
        keypair: HotkeyKeypair,
        *,
        open_paths: frozenset[str] = frozenset({"/healthz"}),
        maximum_body_bytes: int = MAXIMUM_BODY_BYTES,
        body_timeout: float = BODY_TIMEOUT_SECONDS,
        nonce_store: http_auth.NonceStore | None = None,
    ) -> None:
        self._app = app
        self._keypair = keypair
        self._open_paths = open_paths
        self._maximum_body_bytes = maximum_body_bytes
        self._body_timeout = body_timeout
        self._nonces = nonce_store or http_auth.InMemoryNonceStore()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate, let the application answer, sign its answer."""
        if scope["type"] != "http" or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await self._read_body(headers, receive)
        except RequestTooLargeError as error:
            # unsigned: a body that was not read cannot be signed for
            await _Answer.refusing(413, "request_too_large", error.message).send_to(send, None)
            return
        except TimeoutError:
            await _Answer.refusing(408, "request_timeout", "the request body did not arrive").send_to(send, None)
            return
        answer = await self._answer(scope, headers, body, receive)
        signature = headers.get(http_auth.HEADER_SIGNATURE.lower(), "")
        payload = response_payload(request_body=body, request_signature=signature, response_body=bytes(answer.body))
        await answer.send_to(send, (self._keypair.ss58_address, sign_response(self._keypair, payload)))

    async def _answer(self, scope: Scope, headers: dict[str, str], body: bytes, receive: Receive) -> _Answer:
        try:
            caller = self._authenticate(scope, headers, body)
        except AuthenticationError as error:
            return _Answer.refusing(401, "unauthenticated", str(error))
        scope.setdefault("state", {})["caller_hotkey"] = caller
        answer = _Answer()
        try:
            await self._app(scope, _replay(body, receive), answer.collect)
        except Exception:
            # a defect in a handler: its trace goes to the log, the caller learns that it is not to blame
            _log.exception("request_failed", path=scope["path"], caller=caller)
            return _Answer.refusing(500, "internal_error", "the server failed", Fault.RESPONDER)
        return answer

    async def _read_body(self, headers: dict[str, str], receive: Receive) -> bytes:
        limit = self._maximum_body_bytes
        announced = headers.get("content-length", "0")
        body = bytearray()
        async with asyncio.timeout(self._body_timeout):
            more = True
            while more:
                if len(body) > limit or (announced.isdigit() and int(announced) > limit):
                    raise RequestTooLargeError(f"the request body exceeds {limit} bytes")
                message = await receive()
                body += message.get("body", b"")
                more = message["type"] == "http.request" and message.get("more_body", False)
        if len(body) > limit:
            raise RequestTooLargeError(f"the request body exceeds {limit} bytes")
        return bytes(body)

    def _authenticate(self, scope: Scope, headers: dict[str, str], body: bytes) -> str:
        target = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        try:
            caller = http_auth.verify(
                headers,
                body,
                method=scope["method"],
                path=target,
                self_hotkey_ss58=self._keypair.ss58_address,
                nonce_store=self._nonces,
            )
        except http_auth.AuthError as error:
            raise AuthenticationError(
                f"{type(error).__name__}: {error}",
                remedy=f"Sign with btauth/1 for hotkey {self._keypair.ss58_address}, and set the clock.",
            ) from error
        return caller.hotkey_ss58


class _Answer:
    """An answer held back until it is complete, because its signature travels before it."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = bytearray()

    @classmethod
    def refusing(cls, status: int, code: str, message: str, fault: Fault = Fault.CALLER) -> _Answer:
        answer = cls()
        answer.body += Refusal(code=code, message=message, fault=fault).model_dump_json().encode()
        length = str(len(answer.body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        answer.start = {"type": "http.response.start", "status": status, "headers": headers}
        return answer

    async def collect(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send_to(self, send: Send, signed: tuple[str, str] | None) -> None:
        headers = list(self.start["headers"])
        if signed is not None:
            headers.append((HOTKEY_HEADER.lower().encode(), signed[0].encode()))
            headers.append((SIGNATURE_HEADER.lower().encode(), signed[1].encode()))
        await send({**self.start, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": False})


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that hands over the body already read, then listens for the client's leaving."""
    handed_over = False

    async def receive_again() -> Message:
        nonlocal handed_over
        if handed_over:
            return await receive()
        handed_over = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
