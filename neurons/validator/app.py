"""The validator's HTTP interface: what relayers and miners read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Response
from pydantic import TypeAdapter

from neurons.messages import RefusalCode
from neurons.network import Network, neuron_of
from neurons.refusing import RefusedError, refuse_in_types
from neurons.validator.records import MinerScore
from neurons.validator.request_rates import RequestRates
from neurons.validator.settings import ReadingSettings
from neurons.validator.store import ValidatorStore
from signed_http.server import caller_hotkey

MAXIMUM_PAGE = 100
_READING = ReadingSettings()
_SCORES = TypeAdapter(tuple[MinerScore, ...])


def validator_app(
    hotkey: str,
    store: ValidatorStore,
    network: Network,
    readers: frozenset[str],
    reading: ReadingSettings = _READING,
) -> FastAPI:
    """The application; run it wrapped in ``signed_http.server.SignedRequests``.

    Args:
        hotkey: ss58 hotkey of this validator.
        store: what was published.
        network: its neurons may read.
        readers: hotkeys that may read beside them.
        reading: how fast, and how many at the same time.
    """
    app = FastAPI(title="veristake validator", docs_url=None, redoc_url=None, openapi_url=None)
    refuse_in_types(app)
    rates, places = RequestRates(), asyncio.Semaphore(reading.pages_at_once)

    def reader_hotkey(caller: Annotated[str, Depends(caller_hotkey)]) -> str:
        if caller not in readers and neuron_of(network.neurons(), caller) is None:
            raise RefusedError(
                RefusalCode.NOT_A_READER,
                f"hotkey {caller} is neither registered in this network nor among the validator's readers",
            )
        return caller

    # a coroutine, so that no two of them count at the same time
    async def admitted(caller: str = Depends(reader_hotkey)) -> None:
        wait = rates.wait(caller, reading.rate)
        if wait:
            raise RefusedError(
                RefusalCode.RATE_LIMITED,
                f"hotkey {caller} may send {reading.requests_per_second:g} requests a second, "
                f"{reading.request_burst} at once",
                retry_after=wait,
            )

    async def answer(make: Callable[[], str | bytes]) -> Response:
        # read and written as JSON in a thread: the miners are timed on this loop
        async with places:
            return Response(await asyncio.to_thread(make), media_type="application/json")

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok", "role": "validator", "hotkey": hotkey}

    @app.get("/v1/proofs", dependencies=[Depends(admitted)])
    async def proofs(
        after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)] = MAXIMUM_PAGE,
    ) -> Response:
        return await answer(lambda: store.page(after, limit).to_json())

    @app.get("/v1/scores", dependencies=[Depends(admitted)])
    async def scores() -> Response:
        return await answer(lambda: _SCORES.dump_json(store.scores()))

    return app
