"""The external API as an ASGI application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from neurons.serving import signed_requests
from neurons.settings import HttpSettings
from neurons.validator.api.access import Door, Registrar
from neurons.validator.api.access_keys import AccessKeyStore
from neurons.validator.api.queries import Queries
from neurons.validator.api.query_routes import query_routes
from neurons.validator.api.query_store import QueryStore
from neurons.validator.api.read_routes import MinersView, read_routes
from neurons.validator.api.refusals import refuse_in_types
from neurons.validator.api.settings import ApiSettings
from neurons.validator.store import ValidatorStore
from signed_http.wallets import HotkeyKeypair
from verifier_gen.circuit import Circuit

_SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "veristake validator keys new"},
    "hotkey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Bittensor-Signature",
        "description": "btauth/1 of bittensor.http_auth over method, path, body and receiver; the answer is signed",
    },
}

_BODY_BYTES, _BODY_BYTES_PER_INPUT = 16_384, 64
"""Of a body: all but the input, and a number of it with what is between two of them, also where it is indented."""


class Alive(BaseModel):
    """The process answers.

    Attributes:
        status: always ``ok``.
        role: always ``validator``.
        hotkey: ss58 address of this validator.
    """

    model_config = ConfigDict(frozen=True)

    status: Literal["ok"] = "ok"
    role: Literal["validator"] = "validator"
    hotkey: str


@dataclass(frozen=True)
class ApiParts:
    """What the API is made of.

    Attributes:
        queries: takes them.
        stored: the same in the database.
        feed: what the validator has published.
        miners: reads what is known of the miners.
        keys: who may call.
        registrar: turns what the door let in into a caller.
    """

    queries: Queries
    stored: QueryStore
    feed: ValidatorStore
    miners: MinersView
    keys: AccessKeyStore
    registrar: Registrar


def api_app(hotkey: str, parts: ApiParts, settings: ApiSettings) -> FastAPI:
    """The application, without its door.

    Args:
        hotkey: ss58 hotkey of the validator.
        parts: what it is made of.
        settings: how long a POST waits.
    """
    app = FastAPI(title="veristake validator", version="1", docs_url=None, redoc_url=None)
    app.state.registrar = parts.registrar
    refuse_in_types(app)
    app.include_router(query_routes(parts.queries, settings.synchronous_seconds))
    app.include_router(read_routes(parts.queries, parts.stored, parts.feed, parts.miners))

    @app.get("/healthz", tags=["health"])
    async def healthz() -> Alive:
        """The process answers; open to everybody."""
        return Alive(hotkey=hotkey)

    _say_how_to_enter(app)
    return app


def described_app() -> FastAPI:
    """The application for its OpenAPI document alone: it answers nothing."""
    nothing: Any = None
    return api_app("", ApiParts(nothing, nothing, nothing, nothing, nothing, nothing), ApiSettings())


def with_door(app: FastAPI, parts: ApiParts, keypair: HotkeyKeypair, http: HttpSettings) -> Door:
    """The application behind its door: what is served.

    Args:
        app: the application.
        parts: what it is made of.
        keypair: hotkey of the validator, which signs answers to signed requests.
        http: bounds of each exchange; a body may be no larger than the largest circuit needs.

    Raises:
        ConfigurationError: the replay memory cannot be opened.
    """
    bounds = http.model_copy(update={"request_bytes": min(http.request_bytes, body_bytes(parts.queries.circuits()))})
    signed = signed_requests(app, keypair, bounds)
    return Door(app, signed, parts.keys, bounds.request_bytes, bounds.request_timeout_seconds)


def body_bytes(circuits: Sequence[Circuit]) -> int:
    """The largest body that a query for one of the circuits needs, bytes: what is parsed holds up everybody else."""
    inputs = max((circuit.manifest.layout.input_count for circuit in circuits), default=0)
    return _BODY_BYTES + inputs * _BODY_BYTES_PER_INPUT


def _say_how_to_enter(app: FastAPI) -> None:
    from_routes = app.openapi

    def whole() -> dict[str, Any]:
        document = from_routes()
        document.setdefault("components", {})["securitySchemes"] = _SECURITY
        for path, methods in document["paths"].items():
            for operation in methods.values():
                operation["security"] = [] if path == "/healthz" else [{"key": []}, {"hotkey": []}]
        return document

    # the framework calls it for GET /openapi.json
    app.openapi = whole  # type: ignore[method-assign] # its own documentation says to do so
