"""Why the API does not answer: closed codes, each with its HTTP status and whose fault it is."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from signed_http.refusal import Fault, Refusal
from statements.errors import VeristakeError

_LONGEST_VALUE_SHOWN = 80
_shown = reprlib.Repr()  # looks at the first few items only, however many there are
_shown.maxstring = _shown.maxother = _shown.maxlong = _LONGEST_VALUE_SHOWN


class ApiCode(StrEnum):
    """The ``code`` of a refusal of the API."""

    MALFORMED_REQUEST = "malformed_request"
    UNAUTHENTICATED = "unauthenticated"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_ROUTE = "unknown_route"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    UNKNOWN_CIRCUIT = "unknown_circuit"
    UNKNOWN_QUERY = "unknown_query"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    REQUEST_TIMEOUT = "request_timeout"
    REQUEST_TOO_LARGE = "request_too_large"
    WRONG_QUERY = "wrong_query"
    UNPROVEN = "unproven"
    NO_MINER = "no_miner"
    EXPIRED = "expired"
    STATE_UNAVAILABLE = "state_unavailable"
    INTERNAL_ERROR = "internal_error"


STATUS: Mapping[ApiCode, tuple[int, Fault]] = {
    ApiCode.MALFORMED_REQUEST: (422, Fault.CALLER),
    ApiCode.UNAUTHENTICATED: (401, Fault.CALLER),
    ApiCode.NOT_ALLOWED: (403, Fault.CALLER),
    ApiCode.UNKNOWN_ROUTE: (404, Fault.CALLER),
    ApiCode.METHOD_NOT_ALLOWED: (405, Fault.CALLER),
    ApiCode.UNKNOWN_CIRCUIT: (404, Fault.CALLER),
    ApiCode.UNKNOWN_QUERY: (404, Fault.CALLER),
    ApiCode.IDEMPOTENCY_KEY_REUSED: (409, Fault.CALLER),
    ApiCode.RATE_LIMITED: (429, Fault.CALLER),
    ApiCode.BUSY: (503, Fault.NOBODY),
    ApiCode.REQUEST_TIMEOUT: (408, Fault.CALLER),
    ApiCode.REQUEST_TOO_LARGE: (413, Fault.CALLER),
    ApiCode.WRONG_QUERY: (422, Fault.CALLER),
    ApiCode.UNPROVEN: (502, Fault.RESPONDER),
    ApiCode.NO_MINER: (503, Fault.NOBODY),
    ApiCode.EXPIRED: (504, Fault.NOBODY),
    ApiCode.STATE_UNAVAILABLE: (503, Fault.RESPONDER),
    ApiCode.INTERNAL_ERROR: (500, Fault.RESPONDER),
}
"""HTTP status and fault by code."""

EVERY_ROUTE = (
    ApiCode.MALFORMED_REQUEST,
    ApiCode.UNAUTHENTICATED,
    ApiCode.NOT_ALLOWED,
    ApiCode.RATE_LIMITED,
    ApiCode.REQUEST_TIMEOUT,
    ApiCode.REQUEST_TOO_LARGE,
    ApiCode.STATE_UNAVAILABLE,
    ApiCode.INTERNAL_ERROR,
)
"""Codes with which every route but the open ones may refuse."""


class ApiRefusedError(VeristakeError):
    """A request that the API does not answer.

    Args:
        code: why.
        message: what is wrong, naming field and value.
        remedy: what to do about it.
        retry_after: seconds after which asking again makes sense; None when it does not.
    """

    def __init__(self, code: ApiCode, message: str, *, remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.retry_after = retry_after

    def refusal(self) -> Refusal:
        """The body of the answer."""
        return Refusal(
            code=self.code, message=str(self), fault=STATUS[self.code][1], retry_after_seconds=self.retry_after
        )

    def response(self, headers: Mapping[str, str] | None = None) -> JSONResponse:
        """The HTTP answer."""
        return refusal_response(self.refusal(), headers)


def refusal_response(refusal: Refusal, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The HTTP answer with a refusal of this API."""
    code = ApiCode(refusal.code)
    sent = dict(headers or {})
    if refusal.retry_after_seconds is not None:
        sent["Retry-After"] = str(math.ceil(refusal.retry_after_seconds))
    if code is ApiCode.UNAUTHENTICATED:
        sent["WWW-Authenticate"] = "Bearer"
    return JSONResponse(refusal.model_dump(mode="json"), status_code=STATUS[code][0], headers=sent)


def documented(*codes: ApiCode) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: the answers that these codes and those of every route lead to."""
    found: dict[int, list[str]] = {}
    for code in (*EVERY_ROUTE, *codes):
        found.setdefault(STATUS[code][0], []).append(code)
    return {status: {"model": Refusal, "description": " or ".join(names)} for status, names in sorted(found.items())}


def refuse_in_types(app: FastAPI) -> None:
    """Let every error answer of ``app`` be a Refusal."""

    @app.exception_handler(ApiRefusedError)
    async def refused(_: Request, error: ApiRefusedError) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        return _malformed(error.errors()[0]).response()

    @app.exception_handler(SQLAlchemyError)
    async def no_state(_: Request, error: SQLAlchemyError) -> JSONResponse:
        # not the driver's words: they may quote the database's URL
        return ApiRefusedError(
            ApiCode.STATE_UNAVAILABLE,
            f"the validator's database fails: {type(error).__name__}",
            remedy="Ask again later with the same idempotency key",
            retry_after=5.0,
        ).response()

    @app.exception_handler(Exception)
    async def defect(_: Request, error: Exception) -> JSONResponse:
        # the server logs the trace
        return ApiRefusedError(ApiCode.INTERNAL_ERROR, f"the validator failed: {type(error).__name__}").response()

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> JSONResponse:
        known = {404: ApiCode.UNKNOWN_ROUTE, 405: ApiCode.METHOD_NOT_ALLOWED}
        code = known.get(error.status_code, ApiCode.MALFORMED_REQUEST)
        return ApiRefusedError(
            code,
            f"{request.method} {request.url.path!r}: {error.detail}",
            remedy="GET /openapi.json tells what is possible",
        ).response(error.headers)


def _malformed(first: Mapping[str, Any]) -> ApiRefusedError:
    where = ".".join(str(part) for part in first["loc"])
    shown = "" if first["type"] == "missing" or isinstance(first["input"], dict) else f" = {_short(first['input'])}"
    return ApiRefusedError(
        ApiCode.MALFORMED_REQUEST,
        f"{ascii(where)[1:-1]}{shown}: {ascii(first['msg'])[1:-1]}",
        remedy="GET /openapi.json describes the request",
    )


def _short(value: object) -> str:
    text = _shown.repr(value).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= _LONGEST_VALUE_SHOWN else text[:_LONGEST_VALUE_SHOWN] + "..."
