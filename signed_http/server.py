"""Answering peers: an ASGI wrapper that authenticates each request and signs each answer.

Wrap the finished application (``SignedRequests(app, keypair)``) and run the wrapper: then error answers are
signed too. The memory of accepted nonces, which stops replays, is per process unless a
:class:`signed_http.nonces.SqliteNonceStore` is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog
from bittensor import http_auth
from fastapi import Request

from signed_http.errors import AuthenticationError, RequestTooLargeError
from signed_http.nonces import NonceStoreError
from signed_http.refusal import Fault, Refusal
from signed_http.response import HOTKEY_HEADER, SIGNATURE_HEADER, response_payload, sign_response, unread_payload
from signed_http.wallets import HotkeyKeypair
from statements.errors import VeristakeError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = structlog.get_logger(__name__)

MAXIMUM_BODY_BYTES = 1024 * 1024
BODY_TIMEOUT_SECONDS = 10.0
MAXIMUM_ANSWER_BYTES = 8 * 1024 * 1024
ANSWER_TIMEOUT_SECONDS = 3630.0
"""The longest deadline of a proof, an hour, and something for the rest."""
SEND_TIMEOUT_SECONDS = 30.0
MAXIMUM_REQUESTS = 384
_CHUNK_BYTES = 64 * 1024
"""Answers go out in such pieces, so that a caller that stops reading is noticed."""


def caller_hotkey(request: Request) -> str:
    """FastAPI dependency: ss58 hotkey that signed the request.

    Raises:
        AuthenticationError: the route is open, so nobody signed.
    """
    caller = request.scope.get("state", {}).get("caller_hotkey")
    if caller is None:
        raise AuthenticationError("this route is open and has no authenticated caller")
    return str(caller)


class AnswerTooLargeError(VeristakeError):
    """The application's answer exceeds what may be held back for its signature."""


@dataclass(frozen=True)
class HttpBounds:
    """What one exchange may cost at most.

    Attributes:
        request_bytes: a body beyond this is refused before it is hashed.
        request_seconds: in which the body must have arrived.
        answer_bytes: an answer beyond this is a defect of the application.
        answer_seconds: in which the application must have answered.
        send_seconds: in which the caller must have taken the answer.
        requests: that are answered at the same time; more are refused, signed, and that is nobody's fault.
    """

    request_bytes: int = MAXIMUM_BODY_BYTES
    request_seconds: float = BODY_TIMEOUT_SECONDS
    answer_bytes: int = MAXIMUM_ANSWER_BYTES
    answer_seconds: float = ANSWER_TIMEOUT_SECONDS
    send_seconds: float = SEND_TIMEOUT_SECONDS
    requests: int = MAXIMUM_REQUESTS


class SignedRequests:
    """Wraps an ASGI application.

    Args:
        app: the application.
        keypair: hotkey for which requests must be signed, and which signs the answers.
        open_paths: paths that anybody may read without a signature, such as ``/healthz``.
        open_prefixes: the same for all paths that begin so; their answers are streamed, not held back.
        bounds: what one exchange may cost.
        nonce_store: memory of accepted nonces; one per server by default, which forgets at its end.
    """

    def __init__(
        self,
        app: Application,
        keypair: HotkeyKeypair,
        *,
        open_paths: frozenset[str] = frozenset({"/healthz"}),
        open_prefixes: tuple[str, ...] = (),
        bounds: HttpBounds | None = None,
        nonce_store: http_auth.NonceStore | None = None,
    ) -> None:
        self._app = app
        self._keypair = keypair
        self._open_paths = open_paths
        self._open_prefixes = open_prefixes
        self._bounds = bounds or HttpBounds()
        self._nonces = nonce_store or http_auth.InMemoryNonceStore()
        self._under_way = 0
        # the memory of nonces may wait for another process's write: the event loop must not
        self._checking = ThreadPoolExecutor(1, thread_name_prefix="authentication")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate, let the application answer, sign its answer."""
        if scope["type"] != "http" or self._is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        signature = headers.get(http_auth.HEADER_SIGNATURE.lower(), "")
        try:
            body = await self._read_body(headers, receive)
        except RequestTooLargeError as error:
            await self._refuse_unread(signature, _Answer.refusing(413, "request_too_large", error.message), send)
        except TimeoutError:
            refusal = _Answer.refusing(408, "request_timeout", "the request body did not arrive")
            await self._refuse_unread(signature, refusal, send)
        else:
            answer = await self._answer_if_not_overloaded(scope, headers, body, receive)
            payload = response_payload(request_body=body, request_signature=signature, response_body=bytes(answer.body))
            await self._send(answer, payload, send)

    def _is_open(self, path: str) -> bool:
        return path in self._open_paths or path.startswith(self._open_prefixes)

    async def _refuse_unread(self, request_signature: str, answer: _Answer, send: Send) -> None:
        payload = unread_payload(request_signature=request_signature, response_body=bytes(answer.body))
        await self._send(answer, payload, send)

    async def _send(self, answer: _Answer, payload: bytes, send: Send) -> None:
        signed = (self._keypair.ss58_address, sign_response(self._keypair, payload))
        try:
            async with asyncio.timeout(self._bounds.send_seconds):
                await answer.send_to(send, signed)
        except TimeoutError:
            # the caller does not read; the server closes the connection of an answer that is not complete
            _log.info("answer_not_taken", seconds=self._bounds.send_seconds)

    async def _answer_if_not_overloaded(
        self, scope: Scope, headers: dict[str, str], body: bytes, receive: Receive
    ) -> _Answer:
        if self._under_way >= self._bounds.requests:
            message = f"{self._under_way} requests are being answered"
            return _Answer.refusing(503, "overloaded", message, Fault.NOBODY, retry_after=1.0)
        self._under_way += 1
        try:
            return await self._answer(scope, headers, body, receive)
        finally:
            self._under_way -= 1

    async def _answer(self, scope: Scope, headers: dict[str, str], body: bytes, receive: Receive) -> _Answer:
        try:
            checking = asyncio.get_running_loop().run_in_executor(
                self._checking, self._authenticate, scope, headers, body
            )
            caller = await checking
        except AuthenticationError as error:
            return _Answer.refusing(401, "unauthenticated", str(error))
        except NonceStoreError as error:
            _log.error("replay_memory_unavailable", reason=error.message)
            message = "the responder cannot remember this request, and so does not take it"
            return _Answer.refusing(503, "replay_memory_unavailable", message, Fault.RESPONDER)
        scope.setdefault("state", {})["caller_hotkey"] = caller
        answer = _Answer(self._bounds.answer_bytes)
        try:
            async with asyncio.timeout(self._bounds.answer_seconds):
                await self._app(scope, _replay(body, receive), answer.collect)
        except TimeoutError:
            _log.error("request_failed", path=scope["path"], caller=caller, reason="no answer in time")
            return _Answer.refusing(504, "answer_timeout", "the responder did not finish", Fault.RESPONDER)
        except Exception:
            # a defect in a handler: its trace goes to the log, the caller learns that it is not to blame
            _log.exception("request_failed", path=scope["path"], caller=caller)
            return _Answer.refusing(500, "internal_error", "the server failed", Fault.RESPONDER)
        return answer

    async def _read_body(self, headers: dict[str, str], receive: Receive) -> bytes:
        limit = self._bounds.request_bytes
        announced = headers.get("content-length", "0")
        body = bytearray()
        async with asyncio.timeout(self._bounds.request_seconds):
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

    def __init__(self, maximum_bytes: int = MAXIMUM_ANSWER_BYTES) -> None:
        self.start: Message = {}
        self.body = bytearray()
        self._maximum_bytes = maximum_bytes

    @classmethod
    def refusing(
        cls, status: int, code: str, message: str, fault: Fault = Fault.CALLER, *, retry_after: float | None = None
    ) -> _Answer:
        answer = cls()
        refusal = Refusal(code=code, message=message, fault=fault, retry_after_seconds=retry_after)
        answer.body += refusal.model_dump_json().encode()
        length = str(len(answer.body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        answer.start = {"type": "http.response.start", "status": status, "headers": headers}
        return answer

    async def collect(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if len(self.body) > self._maximum_bytes:
                raise AnswerTooLargeError(f"an answer exceeds {self._maximum_bytes} bytes", remedy="Give it in pages")

    async def send_to(self, send: Send, signed: tuple[str, str]) -> None:
        headers = list(self.start["headers"])
        headers.append((HOTKEY_HEADER.lower().encode(), signed[0].encode()))
        headers.append((SIGNATURE_HEADER.lower().encode(), signed[1].encode()))
        await send({**self.start, "headers": headers})
        for start in range(0, len(self.body), _CHUNK_BYTES):
            part = bytes(self.body[start : start + _CHUNK_BYTES])
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


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
