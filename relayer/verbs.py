"""The HTTP service's verbs: everything that changes something, behind a token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError

from relayer.outbox.operator_store import NotPossibleError, OperatorStore
from relayer.outbox.views import UnknownJobError
from relayer.states import JobState
from relayer.submissions import KeyReusedError, Submissions, Submitted
from statements.errors import CircuitError, ProofRejectedError, VeristakeError
from statements.publication import Publication

LARGEST_BODY_BYTES = 1024 * 1024
_STATUS: Mapping[type[VeristakeError], int] = {
    UnknownJobError: 404,
    NotPossibleError: 409,
    KeyReusedError: 409,
    ProofRejectedError: 422,
    CircuitError: 503,
}


class Asked(BaseModel):
    """A job after something was asked for it: its state now."""

    model_config = ConfigDict(frozen=True)
    job: int
    state: JobState


class PauseReason(BaseModel):
    """Why a chain is paused, in the operator's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    reason: str = "by the operator"


class PauseState(BaseModel):
    """Whether a chain is paused."""

    model_config = ConfigDict(frozen=True)
    chain: str
    paused: bool


@dataclass(frozen=True)
class VerbParts:
    """What the verbs work with.

    Attributes:
        token: that callers must show; None: nobody may.
        operator: changes jobs and pauses.
        submissions: takes publications.
        chain_ids: by name.
    """

    token: str | None
    operator: OperatorStore
    submissions: Submissions
    chain_ids: Mapping[str, int]


def answer_errors(app: FastAPI) -> None:
    """Answer the relayer's own errors as JSON with code, message and remedy."""

    @app.exception_handler(VeristakeError)
    async def answer(_: Request, error: VeristakeError) -> JSONResponse:
        content = {"code": type(error).__name__, "error": error.message, "remedy": error.remedy}
        return JSONResponse(content, _STATUS.get(type(error), 500))


def verbs(parts: VerbParts) -> APIRouter:
    """Routes of the verbs."""

    async def allowed(authorization: Annotated[str, Header()] = "") -> None:
        if parts.token is None:
            raise HTTPException(403, "api_token_file is not set: nothing can be changed by HTTP")
        # in constant time: the answer's delay must not tell how much of a guess was right
        if not hmac.compare_digest(authorization.encode(), f"Bearer {parts.token}".encode()):
            raise HTTPException(401, "the token is missing or wrong", {"WWW-Authenticate": "Bearer"})

    router = APIRouter(prefix="/v1", dependencies=[Depends(allowed)])
    _add_job_verbs(router, parts)
    _add_chain_verbs(router, parts)

    @router.post("/publications", openapi_extra=_publication_body())
    async def submit(
        request: Request, idempotency_key: Annotated[str, Header(min_length=1, max_length=128)]
    ) -> Submitted:
        """Check, verify and relay a publication; the same Idempotency-Key gives the first answer again."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise HTTPException(413, f"more than {LARGEST_BODY_BYTES} bytes")
        try:
            publication = Publication.model_validate_json(bytes(body))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise HTTPException(422, f"not a publication: {where}: {first['msg']}") from error
        return await parts.submissions.submit(idempotency_key, publication)

    return router


def _add_job_verbs(router: APIRouter, parts: VerbParts) -> None:
    @router.post("/jobs/{job_id}/bump")
    async def bump(job_id: int) -> Asked:
        """Have a sent job's transaction replaced by a dearer one."""
        return Asked(job=job_id, state=parts.operator.bump(job_id))

    @router.post("/jobs/{job_id}/cancel")
    async def cancel(job_id: int) -> Asked:
        """Call a job off."""
        return Asked(job=job_id, state=parts.operator.cancel(job_id))

    @router.post("/jobs/{job_id}/retry")
    async def retry(job_id: int) -> Asked:
        """Try a job again that was given up or skipped, or at once when it waits."""
        return Asked(job=job_id, state=parts.operator.retry(job_id))


def _add_chain_verbs(router: APIRouter, parts: VerbParts) -> None:
    def id_of(name: str) -> int:
        if name not in parts.chain_ids:
            raise HTTPException(404, f"there is no chain {name!r}; known: {', '.join(parts.chain_ids)}")
        return parts.chain_ids[name]

    @router.post("/chains/{name}/pause")
    async def pause(name: str, why: PauseReason | None = None) -> PauseState:
        """Sign nothing new on a chain; what is in flight is followed."""
        parts.operator.pause(id_of(name), (why or PauseReason()).reason)
        return PauseState(chain=name, paused=True)

    @router.post("/chains/{name}/resume")
    async def resume(name: str) -> PauseState:
        """Go on."""
        parts.operator.resume(id_of(name))
        return PauseState(chain=name, paused=False)


def _publication_body() -> dict[str, object]:
    """The body for OpenAPI: it is read with a limit, not by the framework; its schema is statements/schemas' own."""
    schema = {
        "type": "object",
        "title": "Publication",
        "description": "An item of statements/schemas/PublicationPage.json",
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
