"""The relayer's HTTP service: health, readiness, metrics, and jobs to read; what changes something is in ``verbs``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, FastAPI, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict

from relayer.api_schema import complete_schema
from relayer.outbox.views import JobDetail, JobList, Status, UnknownJobError, Views
from relayer.problems import answer_errors, answers
from relayer.states import JobState
from relayer.writer import WriterHealth

METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class HealthyWriter(Protocol):
    """A chain's writer, as far as readiness goes."""

    health: WriterHealth

    @property
    def name(self) -> str:
        """Name of the chain."""


class HealthySource(Protocol):
    """A source's reader, as far as readiness goes."""

    error: str | None

    @property
    def name(self) -> str:
        """ss58 hotkey of the validator."""


class Alive(BaseModel):
    """The process answers."""

    model_config = ConfigDict(frozen=True)
    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether the relayer can work.

    Attributes:
        ready: every chain answered at the last look; sources do not count, one of them may be down.
        chains: by name, what is wrong; empty when nothing is.
        sources: by hotkey, what is wrong; empty when nothing is.
    """

    model_config = ConfigDict(frozen=True)
    ready: bool
    chains: dict[str, str]
    sources: dict[str, str]


def create_app(
    views: Views,
    writers: Sequence[HealthyWriter],
    sources: Sequence[HealthySource],
    *,
    metrics: Callable[[], str] | None = None,
    verbs: APIRouter | None = None,
) -> FastAPI:
    """The ASGI application.

    Args:
        views: reads the outbox.
        writers: of the chains.
        sources: readers of the feeds.
        metrics: text for Prometheus; None: there is none.
        verbs: routes that change something; None: there are none.
    """
    app = FastAPI(title="veristake relayer", version="1", docs_url=None, redoc_url=None)
    answer_errors(app)
    complete_schema(app)
    if verbs is not None:
        app.include_router(verbs)
    if metrics is not None:
        _add_metrics(app, metrics)

    @app.get("/healthz")
    async def healthz() -> Alive:
        """The process answers."""
        return Alive()

    @app.get("/readyz", responses={503: {"model": Readiness, "description": "A chain does not answer"}})
    async def readyz(response: Response) -> Readiness:
        """Whether every chain answers; status 503 when one does not."""
        chains = {writer.name: writer.health.error for writer in writers if not writer.health.ready}
        failing = {source.name: source.error for source in sources if source.error is not None}
        response.status_code = 503 if chains else 200
        return Readiness(ready=not chains, chains=chains, sources=failing)

    @app.get("/v1/status")
    async def status() -> Status:
        """Jobs by chain and state, cursors by source."""
        return views.status()

    @app.get("/v1/jobs", responses=answers())
    async def jobs(
        state: JobState | None = None,
        chain_id: int | None = None,
        statement_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> JobList:
        """Jobs, newest first."""
        return views.jobs(state=state, chain_id=chain_id, statement_id=statement_id, limit=limit)

    @app.get("/v1/jobs/{job_id}", responses=answers(UnknownJobError))
    async def job(job_id: int) -> JobDetail:
        """One job with its attempts and the history of its states."""
        return views.job(job_id)

    return app


def _add_metrics(app: FastAPI, metrics: Callable[[], str]) -> None:
    # not a coroutine: it reads the database, so that it runs in a thread
    @app.get("/metrics", response_class=PlainTextResponse)
    def scrape() -> Response:
        """Everything that is measured, in Prometheus' text format."""
        return PlainTextResponse(metrics(), media_type=METRICS_CONTENT_TYPE)
