"""Puts the external API together and serves it beside the validator's own listener."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from neurons.connections import bounded_connections
from neurons.serving import connection_bounds, url_of
from neurons.validator.api.access import Registrar
from neurons.validator.api.access_keys import AccessKeyStore
from neurons.validator.api.app import ApiParts, api_app, with_door
from neurons.validator.api.fairness import Turns
from neurons.validator.api.messages import MinerView
from neurons.validator.api.metrics import ApiMeters, Counted
from neurons.validator.api.queries import Queries, QueryTerms
from neurons.validator.api.query_store import QueryStore
from neurons.validator.api.read_routes import MinersView
from neurons.validator.api.settings import ApiSettings
from neurons.validator.assembly import Workings
from neurons.validator.settings import ValidatorSettings
from signed_http.wallets import HotkeyKeypair

_log = structlog.get_logger(__name__)

_GRACE_SECONDS = 5
_TIDY_SECONDS = 30.0
_DAY = 86_400.0


class ExternalApi:
    """The API of one validator.

    Args:
        settings: of the validator.
        api: of its API.
        keypair: hotkey of the validator.
        workings: what asks, checks and scores.
        listener: bound socket; closed at the end.
    """

    def __init__(
        self,
        settings: ValidatorSettings,
        api: ApiSettings,
        keypair: HotkeyKeypair,
        workings: Workings,
        listener: socket.socket,
    ) -> None:
        store, hotkey = workings.store, keypair.ss58_address
        stored, keys = QueryStore(store.engine), AccessKeyStore(store.engine)
        terms = QueryTerms(open_at_once=api.open_queries, keep_seconds=api.keep_days * _DAY)
        meters = ApiMeters(workings.meters.registry, stored.counts)
        turns = Turns(workings.fleet.capacity)
        self._queries = Queries(workings.queries, stored, hotkey, terms, ended=meters.ended, turns=turns)
        self._listener = listener
        self.url = url_of(api, listener)
        parts = ApiParts(
            queries=self._queries,
            stored=stored,
            feed=store,
            miners=miners_view(workings),
            keys=keys,
            registrar=Registrar(keys, workings.network, settings.readers),
        )
        door = with_door(api_app(hotkey, parts, api), parts, keypair, settings.http)
        config = uvicorn.Config(
            Counted(door, meters),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_SECONDS,
            ws="none",
            http=bounded_connections(connection_bounds(settings.http)),
        )
        self._server = _BesideAnother(config)

    @classmethod
    def beside(
        cls,
        settings: ValidatorSettings,
        keypair: HotkeyKeypair,
        workings: Workings,
        listener: socket.socket | None,
    ) -> ExternalApi | None:
        """The API of a validator; None where its settings want none."""
        if settings.api is None or listener is None:
            return None
        return cls(settings, settings.api, keypair, workings, listener)

    async def serve(self) -> None:
        """Take up what was left open, then serve until cancelled."""
        await self._queries.resume()
        serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        tidying = asyncio.create_task(self._keep_tidy())
        try:
            await asyncio.shield(serving)
        finally:
            # first, so that callers that wait for an answer learn now where it will be
            await self._queries.stop()
            tidying.cancel()
            self._server.should_exit = True
            await serving

    async def _keep_tidy(self) -> None:
        while True:
            try:
                await self._queries.resume()
                forgotten = await self._queries.tidy()
            except SQLAlchemyError as error:
                _log.warning("queries_not_tidied", reason=type(error).__name__)
            else:
                if forgotten:
                    _log.info("queries_forgotten", number=forgotten)
            await asyncio.sleep(_TIDY_SECONDS)


class _BesideAnother(uvicorn.Server):
    """A server that leaves signals to the one that the process lives with."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def miners_view(workings: Workings) -> MinersView:
    """Reads miners from the network, their scores from the store and what they hold from the newest survey."""

    def read() -> tuple[MinerView, ...]:
        scores = {score.hotkey: score.score for score in workings.store.scores()}
        seconds = workings.store.response_times().latest
        able = workings.fleet.latest_survey.able
        return tuple(
            MinerView(
                uid=neuron.uid,
                hotkey=neuron.hotkey,
                score=scores.get(neuron.hotkey, 0.0),
                seconds=seconds.get(neuron.hotkey),
                circuits=tuple(circuit.circuit_id for circuit in able[neuron.hotkey][1].circuits)
                if neuron.hotkey in able
                else (),
            )
            for neuron in workings.network.neurons()
            if neuron.may_mine
            # on a chain, who holds a permit is taken for a miner once it has shown that it is one
            and (neuron.hotkey in able or scores.get(neuron.hotkey) or not neuron.validator_permit)
        )

    return read
