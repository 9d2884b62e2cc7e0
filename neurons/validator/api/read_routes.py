"""What can be read: the feed of proofs, circuits with their files, miners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from neurons.validator.api.access import CurrentCaller
from neurons.validator.api.circuit_views import circuit_view, public_files
from neurons.validator.api.messages import CircuitList, CircuitView, MinerList, MinerView
from neurons.validator.api.queries import Queries
from neurons.validator.api.query_store import QueryStore
from neurons.validator.api.refusals import ApiCode, ApiRefusedError, documented
from neurons.validator.app import MAXIMUM_PAGE
from neurons.validator.store import ValidatorStore
from statements.publication import PublicationPage
from statements.quantities import Hash32

MinersView = Callable[[], tuple[MinerView, ...]]
"""Reads what is known of the miners; blocks."""


def read_routes(queries: Queries, stored: QueryStore, feed: ValidatorStore, miners: MinersView) -> APIRouter:
    """The routes.

    Args:
        queries: knows the circuits.
        stored: queries that were answered, for the expected time.
        feed: what the validator has published.
        miners: reads what is known of the miners.
    """
    routes = APIRouter()

    @routes.get("/v1/proofs", responses=documented(), tags=["feed"])
    async def proofs(
        _: CurrentCaller,
        after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)] = MAXIMUM_PAGE,
    ) -> PublicationPage:
        """Published proofs after a cursor, oldest first: what relayers pull."""
        return await asyncio.to_thread(feed.page, after, limit)

    @routes.get("/v1/circuits", responses=documented(), tags=["circuits"])
    async def circuits(_: CurrentCaller) -> CircuitList:
        """Circuits that can be asked for."""

        def read() -> tuple[CircuitView, ...]:
            return tuple(
                circuit_view(circuit, stored.seconds_of(circuit.manifest.circuit_id)) for circuit in queries.circuits()
            )

        return CircuitList(circuits=await asyncio.to_thread(read))

    @routes.get(
        "/v1/circuits/{circuit_id}/files/{name}",
        response_class=FileResponse,
        responses={
            **documented(ApiCode.UNKNOWN_CIRCUIT),
            200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        },
        tags=["circuits"],
    )
    async def file(_: CurrentCaller, circuit_id: Hash32, name: str) -> Response:
        """A file that verification needs; check its sha256 against one that you have from elsewhere."""
        path = public_files(queries.circuit(circuit_id)).get(name)
        if path is None:
            raise ApiRefusedError(
                ApiCode.UNKNOWN_CIRCUIT, f"there is no public file {name!a}", remedy="GET /v1/circuits names them"
            )
        return FileResponse(path, media_type="application/octet-stream")

    @routes.get("/v1/miners", responses=documented(), tags=["miners"])
    async def list_miners(_: CurrentCaller) -> MinerList:
        """Miners of the network, as this validator scores and measures them."""
        return MinerList(miners=await asyncio.to_thread(miners))

    return routes
