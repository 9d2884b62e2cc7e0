"""The validator's HTTP interface: what relayers and miners read."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Query

from neurons.messages import RefusalCode
from neurons.network import Network, neuron_of
from neurons.refusing import RefusedError, refuse_in_types
from neurons.validator.records import MinerScore
from neurons.validator.store import ValidatorStore
from signed_http.server import caller_hotkey
from statements.publication import PublicationPage

MAXIMUM_PAGE = 100


def validator_app(hotkey: str, store: ValidatorStore, network: Network, readers: frozenset[str]) -> FastAPI:
    """The application; run it wrapped in ``signed_http.server.SignedRequests``.

    Args:
        hotkey: ss58 hotkey of this validator.
        store: what was published.
        network: its neurons may read.
        readers: hotkeys that may read beside them.
    """
    app = FastAPI(title="veristake validator", docs_url=None, redoc_url=None, openapi_url=None)
    refuse_in_types(app)

    def reader_hotkey(caller: Annotated[str, Depends(caller_hotkey)]) -> str:
        if caller not in readers and neuron_of(network.neurons(), caller) is None:
            raise RefusedError(
                RefusalCode.NOT_A_READER,
                f"hotkey {caller} is neither registered in this network nor among the validator's readers",
            )
        return caller

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok", "role": "validator", "hotkey": hotkey}

    @app.get("/v1/proofs", dependencies=[Depends(reader_hotkey)])
    def proofs(
        after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)] = MAXIMUM_PAGE,
    ) -> PublicationPage:
        return store.page(after, limit)

    @app.get("/v1/scores", dependencies=[Depends(reader_hotkey)])
    def scores() -> tuple[MinerScore, ...]:
        return store.scores()

    return app
