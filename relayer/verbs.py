"""The HTTP service's verbs: everything that changes something, behind a token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from relayer.api_schema import publication_body
from relayer.outbox.operator_store import NotPossibleError, OperatorStore
from relayer.outbox.views import UnknownJobError
from relayer.problems import (
    BodyTooLargeError,
    MalformedRequestError,
    TokenWrongError,
    UnknownChainError,
    VerbsForbiddenError,
    answers,
)
from relayer.states import JobState
from relayer.submissions import KeyReusedError, Submissions, Submitted
from statements.errors import CircuitError, ProofRejectedError
from statements.publication import Publication

LARGEST_BODY_BYTES = 1024 * 1024


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


def verbs(parts: VerbParts) -> APIRouter:
    """Routes of the verbs."""

    async def allowed(authorization: Annotated[str, Header()] = "") -> None:
        if parts.token is None:
            raise VerbsForbiddenError("api_token_file is not set: nothing can be changed by HTTP", remedy="Set it")
        # in constant time: the answer's delay must not tell how much of a guess was right
        if not hmac.compare_digest(authorization.encode(), f"Bearer {parts.token}".encode()):
            raise TokenWrongError("the token is missing or wrong", remedy="Send Authorization: Bearer TOKEN")

    router = APIRouter(
        prefix="/v1", dependencies=[Depends(allowed)], responses=answers(TokenWrongError, VerbsForbiddenError)
    )
    _add_job_verbs(router, parts)
    _add_chain_verbs(router, parts)

    @router.post(
        "/publications",
        openapi_extra=publication_body(),
        responses=answers(KeyReusedError, BodyTooLargeError, ProofRejectedError, CircuitError),
    )
    async def submit(
        request: Request, idempotency_key: Annotated[str, Header(min_length=1, max_length=128)]
    ) -> Submitted:
        """Check, verify and relay a publication; the same Idempotency-Key gives the first answer again."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise BodyTooLargeError(f"more than {LARGEST_BODY_BYTES} bytes", remedy="Send one publication")
        try:
            publication = Publication.model_validate_json(bytes(body))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise MalformedRequestError(
                f"not a publication: {where}: {first['msg']}", remedy="GET /openapi.json has its schema"
            ) from error
        return await parts.submissions.submit(idempotency_key, publication)

    return router


def _add_job_verbs(router: APIRouter, parts: VerbParts) -> None:
    possible = answers(UnknownJobError, NotPossibleError)

    @router.post("/jobs/{job_id}/bump", responses=possible)
    async def bump(job_id: int) -> Asked:
        """Have a sent job's transaction replaced by a dearer one."""
        return Asked(job=job_id, state=parts.operator.bump(job_id))

    @router.post("/jobs/{job_id}/cancel", responses=possible)
    async def cancel(job_id: int) -> Asked:
        """Call a job off."""
        return Asked(job=job_id, state=parts.operator.cancel(job_id))

    @router.post("/jobs/{job_id}/retry", responses=possible)
    async def retry(job_id: int) -> Asked:
        """Try a job again that was given up or skipped, or at once when it waits."""
        return Asked(job=job_id, state=parts.operator.retry(job_id))


def _add_chain_verbs(router: APIRouter, parts: VerbParts) -> None:
    def id_of(name: str) -> int:
        if name not in parts.chain_ids:
            raise UnknownChainError(f"there is no chain {name!r}", remedy=f"Known: {', '.join(parts.chain_ids)}")
        return parts.chain_ids[name]

    @router.post("/chains/{name}/pause", responses=answers(UnknownChainError))
    async def pause(name: str, why: PauseReason | None = None) -> PauseState:
        """Sign nothing new on a chain; what is in flight is followed."""
        parts.operator.pause(id_of(name), (why or PauseReason()).reason)
        return PauseState(chain=name, paused=True)

    @router.post("/chains/{name}/resume", responses=answers(UnknownChainError))
    async def resume(name: str) -> PauseState:
        """Go on."""
        parts.operator.resume(id_of(name))
        return PauseState(chain=name, paused=False)
