"""The miner's HTTP interface."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, TypeVar

import structlog
from fastapi import Depends, FastAPI, Request

from neurons.artefacts.serving import Shelf, serve_artefacts
from neurons.messages import Capabilities, CompetitionEntry, CompetitionRequest, InputRequest, ObservationRequest
from neurons.miner.admission import Gate
from neurons.miner.fair_order import RequestKind
from neurons.miner.service import MinerService
from neurons.refusing import RefusedError, refuse_in_types
from signed_http.server import caller_hotkey
from statements.proven_inference import ProvenInference
from statements.proven_run import ProvenRun

_log = structlog.get_logger(__name__)
R = TypeVar("R")


def miner_app(service: MinerService, gate: Gate, shelf: Shelf | None = None) -> FastAPI:
    """The application; run it wrapped in ``signed_http.server.SignedRequests``.

    Args:
        service: answers the requests.
        gate: says who may ask.
        shelf: files that anybody may fetch; None: nobody may.
    """
    app = FastAPI(title="veristake miner", docs_url=None, redoc_url=None, openapi_url=None)
    refuse_in_types(app)
    if shelf is not None:
        serve_artefacts(app, shelf)

    # not a coroutine: it may read the network, so that it runs in a thread
    def validator_hotkey(caller: Annotated[str, Depends(caller_hotkey)]) -> str:
        try:
            gate.admit(caller)
        except RefusedError as error:
            _log.info("request_refused", code=error.code, validator=caller, reason=error.message)
            raise
        return caller

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok", "role": "miner", "hotkey": service.hotkey}

    @app.get("/v1/capabilities", dependencies=[Depends(validator_hotkey)])
    async def capabilities() -> Capabilities:
        return service.capabilities()

    @app.post("/v1/observations")
    async def observations(
        body: ObservationRequest, request: Request, caller: str = Depends(validator_hotkey)
    ) -> ProvenInference:
        return await _logged(caller, service.answer(body, caller, departure_of(request)))

    @app.post("/v1/queries")
    async def queries(body: InputRequest, request: Request, caller: str = Depends(validator_hotkey)) -> ProvenRun:
        return await _logged(caller, service.run(body, RequestKind.QUERY, caller, departure_of(request)))

    @app.post("/v1/benchmarks")
    async def benchmarks(body: InputRequest, request: Request, caller: str = Depends(validator_hotkey)) -> ProvenRun:
        return await _logged(caller, service.run(body, RequestKind.BENCHMARK, caller, departure_of(request)))

    @app.post("/v1/competitions", dependencies=[Depends(validator_hotkey)])
    async def competitions(body: CompetitionRequest) -> CompetitionEntry:
        return service.enter(body)

    return app


async def departure_of(request: Request) -> None:
    """Ends when the caller has closed the connection; the body must have been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        continue


async def _logged(caller: str, answer: Awaitable[R]) -> R:
    try:
        return await answer
    except RefusedError as error:
        _log.info("request_refused", code=error.code, validator=caller, reason=error.message)
        raise
