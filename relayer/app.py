"""The relayer's HTTP service: health, readiness, and jobs to read. It changes nothing, so it needs no token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

from fastapi import FastAPI, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict

from relayer.outbox.views import JobDetail, JobList, Status, UnknownJobError, Views
from relayer.states import JobState
from relayer.writer import WriterHealth


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


def create_app(views: Views, writers: Sequence[HealthyWriter], sources: Sequence[HealthySource]) -> FastAPI:
    """The ASGI application.

    Args:
        views: reads the outbox.
        writers: of the chains.
        sources: readers of the feeds.
    """
    app = FastAPI(title="veristake relayer", version="1", docs_url=None, redoc_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz")
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

    @app.get("/v1/jobs")
    async def jobs(
        state: JobState | None = None,
        chain_id: int | None = None,
        statement_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> JobList:
        """Jobs, newest first."""
        return views.jobs(state=state, chain_id=chain_id, statement_id=statement_id, limit=limit)

    @app.get("/v1/jobs/{job_id}")
    async def job(job_id: int) -> JobDetail:
        """One job with its attempts and the history of its states."""
        try:
            return views.job(job_id)
        except UnknownJobError as error:
            raise HTTPException(404, str(error)) from error

    return app
