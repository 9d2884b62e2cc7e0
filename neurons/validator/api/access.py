"""The door: who calls, shown by a key or by a signed request, and how fast they may."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Annotated

from fastapi import Depends, Request, Response

from neurons.network import Network, neuron_of
from neurons.validator.api.access_keys import AccessKeyStore, Caller, Limits
from neurons.validator.api.refusals import ApiCode, ApiRefusedError
from neurons.validator.request_rates import RequestRates
from signed_http.server import (
    BODY_TIMEOUT_SECONDS,
    MAXIMUM_BODY_BYTES,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    SignedRequests,
)

OPEN_PATHS = frozenset({"/healthz", "/openapi.json"})
_SIGNATURE = b"x-bittensor-signature"
_READER_LIMITS = Limits(queries_per_hour=0)
_HOW_TO_ENTER = "Send 'Authorization: Bearer KEY' (veristake validator keys new), or sign with btauth/1"


class Door:
    """Wraps the application: nobody's body is read before they have shown a key or signed.

    Args:
        app: the application.
        signed: the same application, wrapped for signed requests.
        keys: who may call.
        request_bytes: largest body.
        request_seconds: in which it must have arrived.
    """

    def __init__(
        self,
        app: Application,
        signed: SignedRequests,
        keys: AccessKeyStore,
        request_bytes: int = MAXIMUM_BODY_BYTES,
        request_seconds: float = BODY_TIMEOUT_SECONDS,
    ) -> None:
        self._app = app
        self._signed = signed
        self._keys = keys
        self._request_bytes = request_bytes
        self._request_seconds = request_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or refuse."""
        if scope["type"] != "http":
            return
        if scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if _SIGNATURE in headers:
            await self._signed(scope, receive, send)
            return
        try:
            caller = await self._caller(headers.get(b"authorization", b""))
            scope.setdefault("state", {})["caller"] = caller
            if scope["method"] == "POST":
                require_asker(caller)
            body = await _bounded_body(headers, receive, self._request_bytes, self._request_seconds)
        except ApiRefusedError as error:
            await error.response()(scope, receive, send)
            return
        await self._app(scope, _replaying(body, receive), send)

    async def _caller(self, authorization: bytes) -> Caller:
        kind, _, key = authorization.decode("latin-1").partition(" ")
        caller = await asyncio.to_thread(self._keys.caller_with, key.strip()) if kind.lower() == "bearer" else None
        if caller is None:
            wrong = "this key opens nothing" if authorization else "neither a key nor a signature was sent"
            raise ApiRefusedError(ApiCode.UNAUTHENTICATED, wrong, remedy=_HOW_TO_ENTER)
        return caller


class Registrar:
    """Turns what the door let in into a caller with limits.

    Args:
        keys: known hotkeys.
        network: its neurons may read.
        readers: hotkeys that may read beside them.
        rates: of requests.
    """

    def __init__(
        self, keys: AccessKeyStore, network: Network, readers: Collection[str], rates: RequestRates | None = None
    ) -> None:
        self._keys = keys
        self._network = network
        self._readers = frozenset(readers)
        self._rates = rates or RequestRates()

    async def admit(self, request: Request) -> Caller:
        """The caller of a request, counted against its rate.

        Raises:
            ApiRefusedError: nobody has a reason to let this hotkey in, or its rate is used up.
        """
        state = request.scope.get("state", {})
        caller: Caller | None = state.get("caller")
        if caller is None and "caller_hotkey" in state:
            caller = await asyncio.to_thread(self._signer, str(state["caller_hotkey"]))
        if caller is None:
            raise ApiRefusedError(ApiCode.UNAUTHENTICATED, "nobody has shown who calls", remedy=_HOW_TO_ENTER)
        # the hourly quota of queries is in the database
        wait = self._rates.wait(caller.caller_id, caller.limits.request_rate)
        if wait:
            raise ApiRefusedError(
                ApiCode.RATE_LIMITED,
                f"{caller.caller_id} may send {caller.limits.requests_per_second:g} requests a second, "
                f"{caller.limits.request_burst} at once",
                remedy="Wait, or ask the operator for more",
                retry_after=wait,
            )
        return caller

    def _signer(self, hotkey: str) -> Caller:
        known = self._keys.caller_of(hotkey)
        if known is not None:
            return known
        if hotkey in self._readers or neuron_of(self._network.neurons(), hotkey) is not None:
            return Caller(f"hotkey:{hotkey}", _READER_LIMITS)
        raise ApiRefusedError(
            ApiCode.NOT_ALLOWED,
            f"hotkey {hotkey} has no key here, is not registered in this network and not among the readers",
            remedy="Ask the operator: veristake validator keys new --hotkey HOTKEY",
        )


async def current_caller(request: Request, response: Response) -> Caller:
    """FastAPI dependency: who calls; the application's state holds the registrar."""
    registrar: Registrar = request.app.state.registrar
    caller = await registrar.admit(request)
    response.headers["Cache-Control"] = "no-store"
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def require_asker(caller: Caller) -> None:
    """Let those through who may ask.

    Raises:
        ApiRefusedError: this one may read only.
    """
    if caller.limits.queries_per_hour < 1:
        message = f"{caller.caller_id} may read only"
        raise ApiRefusedError(ApiCode.NOT_ALLOWED, message, remedy="Ask the operator for a key")


async def current_asker(caller: CurrentCaller) -> Caller:
    """FastAPI dependency: who calls, and may ask; known before the body is looked at."""
    require_asker(caller)
    return caller


CurrentAsker = Annotated[Caller, Depends(current_asker)]


async def _bounded_body(headers: dict[bytes, bytes], receive: Receive, limit: int, seconds: float) -> bytes:
    announced = headers.get(b"content-length", b"0")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                if len(body) > limit or (announced.isdigit() and int(announced) > limit):
                    break
                message = await receive()
                body += message.get("body", b"")
                more = message["type"] == "http.request" and message.get("more_body", False)
    except TimeoutError as error:
        raise ApiRefusedError(ApiCode.REQUEST_TIMEOUT, f"the body did not arrive within {seconds:g} s") from error
    if more or len(body) > limit:
        raise ApiRefusedError(ApiCode.REQUEST_TOO_LARGE, f"the body exceeds {limit} bytes")
    return bytes(body)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that hands over the body already read, then listens for the client's leaving."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
