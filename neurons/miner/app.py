"""The miner's HTTP interface."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Depends, FastAPI

from neurons.messages import Capabilities, ObservationRequest, RefusalCode
from neurons.miner.service import MinerService
from neurons.network import Network, Role, neuron_of
from neurons.refusing import RefusedError, refuse_in_types
from signed_http.server import caller_hotkey
from statements.proven_inference import ProvenInference

_log = structlog.get_logger(__name__)


def miner_app(service: MinerService, network: Network) -> FastAPI:
    """The application; run it wrapped in ``signed_http.server.SignedRequests``.

    Args:
        service: answers the requests.
        network: says who is a validator.
    """
    app = FastAPI(title="veristake miner", docs_url=None, redoc_url=None, openapi_url=None)
    refuse_in_types(app)

    def validator_hotkey(caller: Annotated[str, Depends(caller_hotkey)]) -> str:
        neuron = neuron_of(network.neurons(), caller)
        if neuron is None or neuron.role is not Role.VALIDATOR:
            raise RefusedError(
                RefusalCode.NOT_A_VALIDATOR, f"hotkey {caller} is not registered as a validator in this network"
            )
        return caller

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok", "role": "miner", "hotkey": service.hotkey}

    @app.get("/v1/capabilities", dependencies=[Depends(validator_hotkey)])
    def capabilities() -> Capabilities:
        return service.capabilities()

    @app.post("/v1/observations")
    async def observations(request: ObservationRequest, validator: str = Depends(validator_hotkey)) -> ProvenInference:
        try:
            return await service.answer(request, validator)
        except RefusedError as error:
            _log.info("request_refused", code=error.code, validator=validator, reason=error.message)
            raise

    return app
