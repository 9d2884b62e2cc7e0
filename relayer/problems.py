"""What the HTTP service answers when something is wrong: always code, error and remedy, whoever found it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from relayer.outbox.operator_store import NotPossibleError
from relayer.outbox.views import UnknownJobError
from relayer.submissions import KeyReusedError
from statements.errors import CircuitError, ProofRejectedError, VeristakeError

_SEE_SCHEMA = "GET /openapi.json tells what is possible"


class TokenWrongError(VeristakeError):
    """A verb was called without the token, or with another one."""


class VerbsForbiddenError(VeristakeError):
    """Nothing can be changed by HTTP, because no token is set."""


class UnknownChainError(VeristakeError):
    """No chain of the settings has this name."""


class MalformedRequestError(VeristakeError):
    """A request has not the form that the API wants."""


class BodyTooLargeError(VeristakeError):
    """A request's body is larger than the service reads."""


class HttpError(VeristakeError):
    """There is nothing at a path, or not with this method."""


STATUS: Mapping[type[VeristakeError], int] = {
    MalformedRequestError: 422,
    TokenWrongError: 401,
    VerbsForbiddenError: 403,
    UnknownChainError: 404,
    UnknownJobError: 404,
    NotPossibleError: 409,
    KeyReusedError: 409,
    BodyTooLargeError: 413,
    ProofRejectedError: 422,
    CircuitError: 503,
}
"""HTTP status by error; any other is 500."""


class Problem(BaseModel):
    """What is wrong, and what to do about it.

    Attributes:
        code: stable name of the error; docs/relayer.md lists them.
        error: one sentence for a person.
        remedy: what to do; may be empty.
    """

    model_config = ConfigDict(frozen=True)
    code: str
    error: str
    remedy: str


def answers(*errors: type[VeristakeError]) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: the answers that these errors lead to, beside that to a malformed request."""
    found: dict[int, list[str]] = {}
    possible: tuple[type[VeristakeError], ...] = (MalformedRequestError, *errors)
    for error in possible:
        found.setdefault(STATUS[error], []).append(error.__name__)
    return {status: {"model": Problem, "description": " or ".join(names)} for status, names in sorted(found.items())}


def answer_errors(app: FastAPI) -> None:
    """Answer the relayer's own errors, and the framework's, as :class:`Problem`."""

    @app.exception_handler(VeristakeError)
    async def own(_: Request, error: VeristakeError) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, TokenWrongError) else None
        return _problem(error, STATUS.get(type(error), 500), headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return _problem(MalformedRequestError(f"{where}: {first['msg']}", remedy=_SEE_SCHEMA), 422)

    @app.exception_handler(HTTPException)
    async def framework(_: Request, error: HTTPException) -> JSONResponse:
        return _problem(HttpError(str(error.detail), remedy=_SEE_SCHEMA), error.status_code, error.headers)


def _problem(error: VeristakeError, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    content = Problem(code=type(error).__name__, error=error.message, remedy=error.remedy)
    return JSONResponse(content.model_dump(), status, headers=dict(headers or {}))
