"""The miner's HTTP interface."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request

from neurons.artefacts.serving import Shelf, serve_artefacts
from neurons.messages import Capabilities, CompetitionEntry, CompetitionRequest, InputRequest, ObservationRequest
from neurons.miner.admission import Gate
from neurons.miner.door import Door
from neurons.miner.fair_order import RequestKind
from neurons.miner.meters import MinerMeters
from neurons.miner.service import MinerService
from neurons.refusing import refuse_in_types
from statements.proven_inference import ProvenInference
from statements.proven_run import ProvenRun


def miner_app(
    service: MinerService, gate: Gate, shelf: Shelf | None = None, meters: MinerMeters | None = None
) -> FastAPI:
    """The application; run it wrapped in ``signed_http.server.SignedRequests``.

    Args:
        service: answers the requests.
        gate: says who may ask.
        shelf: files that anybody may fetch; None: nobody may.
        meters: count the refusals; None: nobody does.
    """
    app = FastAPI(title="veristake miner", docs_url=None, redoc_url=None, openapi_url=None)
    refuse_in_types(app)
    if shelf is not None:
        serve_artefacts(app, shelf)
    door = Door(gate, meters)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok", "role": "miner", "hotkey": service.hotkey}

    @app.get("/v1/capabilities", dependencies=[Depends(door.validator)])
    async def capabilities() -> Capabilities:
        return service.capabilities()

    @app.post("/v1/observations")
    async def observations(
        body: ObservationRequest, request: Request, caller: str = Depends(door.validator)
    ) -> ProvenInference:
        return await door.answer(caller, service.answer(body, caller, departure_of(request)))

    @app.post("/v1/queries")
    async def queries(body: InputRequest, request: Request, caller: str = Depends(door.validator)) -> ProvenRun:
        run = service.run(body, RequestKind.QUERY, caller, departure_of(request))
        return await door.answer(caller, run)

    @app.post("/v1/benchmarks")
    async def benchmarks(body: InputRequest, request: Request, caller: str = Depends(door.validator)) -> ProvenRun:
        run = service.run(body, RequestKind.BENCHMARK, caller, departure_of(request))
        return await door.answer(caller, run)

    @app.post("/v1/competitions")
    async def competitions(body: CompetitionRequest, caller: str = Depends(door.validator)) -> CompetitionEntry:
        with door.noting(caller):
            return service.enter(body)

    return app


async def departure_of(request: Request) -> None:
    """Ends when the caller has closed the connection; the body must have been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
