"""Asking, and reading what was asked."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from neurons.validator.api.access import CurrentAsker, CurrentCaller
from neurons.validator.api.messages import IDEMPOTENCY_KEY_PATTERN, QueryRequest, QueryView
from neurons.validator.api.queries import Queries, has_ended
from neurons.validator.api.refusals import ApiCode, ApiRefusedError, documented, refusal_response

_LONGEST_WAIT_SECONDS = 60.0
_PENDING: dict[int | str, dict[str, Any]] = {
    202: {"model": QueryView, "description": "Stored, no answer yet: read it under Location"}
}
_ASK = documented(
    ApiCode.UNKNOWN_CIRCUIT,
    ApiCode.IDEMPOTENCY_KEY_REUSED,
    ApiCode.BUSY,
    ApiCode.WRONG_QUERY,
    ApiCode.UNPROVEN,
    ApiCode.NO_MINER,
    ApiCode.EXPIRED,
)
_PREFERENCE = re.compile(r"\s*(respond-async|wait)\s*(?:=\s*\"?([0-9]{1,6})\"?)?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Preference:
    """What a caller prefers (RFC 7240).

    Attributes:
        respond_async: answer at once.
        wait: seconds to wait at most; None when the caller does not say.
    """

    respond_async: bool = False
    wait: float | None = None

    @classmethod
    def parse(cls, header: str | None) -> Preference:
        """From the header ``Prefer``; what is not understood is passed over, as the RFC wants."""
        respond_async, wait = False, None
        for part in (header or "").split(","):
            found = _PREFERENCE.fullmatch(part.partition(";")[0])
            if found is None:
                continue
            if found[1].lower() == "respond-async":
                respond_async = True
            elif found[2] is not None:
                wait = float(found[2])
        return cls(respond_async, wait)

    def seconds(self, longest: float) -> float:
        """How long to wait for an answer before saying 202."""
        if self.wait is not None:
            return min(self.wait, longest)
        return 0.0 if self.respond_async else longest


def query_routes(queries: Queries, synchronous_seconds: float) -> APIRouter:
    """The routes.

    Args:
        queries: takes them.
        synchronous_seconds: how long a POST waits for the answer.
    """
    routes = APIRouter(tags=["queries"])

    @routes.post("/v1/queries", response_model=QueryView, responses={**_PENDING, **_ASK})
    async def ask(
        caller: CurrentAsker,
        request: QueryRequest,
        idempotency_key: Annotated[str | None, Header(pattern=IDEMPOTENCY_KEY_PATTERN)] = None,
        prefer: Annotated[str | None, Header(max_length=500)] = None,
    ) -> Response:
        """Have a circuit's outputs proven for an input, and verified.

        The answer comes at once when it is there within the time that the server waits, else 202 says where it will be.
        A query that fails is refused with the code and fault that GET shows for it, too.
        """
        key = _one_key(request.idempotency_key, idempotency_key)
        view, new = await queries.accept(caller, request, key)
        preference = Preference.parse(prefer)
        if request.respond_async:
            preference = Preference(respond_async=True, wait=preference.wait)
        if not has_ended(view):
            view = await queries.wait(view.query_id, caller, preference.seconds(synchronous_seconds))
        headers = {"Location": f"/v1/queries/{view.query_id}", "Cache-Control": "no-store"}
        if not new:
            headers["Idempotent-Replayed"] = "true"
        if preference.respond_async:
            headers["Preference-Applied"] = "respond-async"
        return _shown(view, headers)

    @routes.get("/v1/queries/{query_id}", responses=documented(ApiCode.UNKNOWN_QUERY))
    async def query(
        caller: CurrentCaller,
        query_id: str,
        wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT_SECONDS)] = 0.0,
    ) -> QueryView:
        """One of the caller's queries, once it has ended or after ``wait`` seconds."""
        return await queries.wait(_known_form(query_id), caller, wait)

    return routes


def _known_form(query_id: str) -> str:
    """An id as it is stored: what cannot be one is not looked for, PostgreSQL takes not every character."""
    try:
        return str(uuid.UUID(query_id))
    except ValueError as error:
        raise ApiRefusedError(ApiCode.UNKNOWN_QUERY, f"you have no query {query_id!a}") from error


def _one_key(in_body: str | None, in_header: str | None) -> str | None:
    if in_body is not None and in_header is not None and in_body != in_header:
        raise ApiRefusedError(
            ApiCode.MALFORMED_REQUEST,
            f"idempotency_key = {in_body!r} contradicts the header Idempotency-Key = {in_header!r}",
            remedy="Give one of the two",
        )
    return in_body if in_body is not None else in_header


def _shown(view: QueryView, headers: dict[str, str]) -> Response:
    if view.failure is not None:
        return refusal_response(view.failure, headers)
    return JSONResponse(view.model_dump(mode="json"), 200 if has_ended(view) else 202, headers)
