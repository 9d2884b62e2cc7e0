"""What Prometheus reads of the external API; every label has a closed set of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from neurons.metrics import Family, MetricKind, registered
from neurons.validator.api.refusals import STATUS
from neurons.validator.api.states import OPEN, QueryState
from signed_http.server import Application, Message, Receive, Scope, Send

ANSWERS = Family(
    "veristake_validator_api_answers_total",
    MetricKind.COUNTER,
    "Answers of the external API since the process began, by route and HTTP status",
    ("route", "status"),
)
QUERIES = Family("veristake_validator_api_queries", MetricKind.GAUGE, "Stored queries by where they are", ("state",))
ENDED = Family(
    "veristake_validator_api_query_seconds",
    MetricKind.HISTOGRAM,
    "From receipt of a query to its end, by how it ended, seconds",
    ("state",),
)
FAMILIES = (ANSWERS, QUERIES, ENDED)
ROUTES = (
    "/v1/queries",
    "/v1/queries/{query_id}",
    "/v1/proofs",
    "/v1/circuits",
    "/v1/circuits/{circuit_id}/files/{name}",
    "/v1/miners",
    "/healthz",
    "/openapi.json",
)
_OTHER = "other"
_STATUSES = frozenset({"200", "202"} | {str(status) for status, _ in STATUS.values()})


class ApiMeters:
    """The API's metrics.

    Args:
        registry: of the validator.
        counts: reads how many queries are stored in each state.
    """

    def __init__(self, registry: CollectorRegistry, counts: Callable[[], Mapping[QueryState, int]]) -> None:
        _, made = registered(FAMILIES, registry)
        answers, queries, ended = (made[family.name] for family in FAMILIES)
        assert isinstance(answers, Counter)  # noqa: S101 - the table above says so
        assert isinstance(queries, Gauge)  # noqa: S101 - the table above says so
        assert isinstance(ended, Histogram)  # noqa: S101 - the table above says so
        self._answers, self._ended = answers, ended
        for route in (*ROUTES, _OTHER):
            answers.labels(route, "200")
        for state in QueryState:
            queries.labels(state).set_function(partial(_count, counts, state))
            if state not in OPEN:
                ended.labels(state)

    def answered(self, route: str, status: int) -> None:
        """An answer has begun."""
        known = str(status) if str(status) in _STATUSES else _OTHER
        self._answers.labels(route if route in ROUTES else _OTHER, known).inc()

    def ended(self, state: QueryState, seconds: float) -> None:
        """A query has ended."""
        self._ended.labels(state).observe(seconds)


def _count(counts: Callable[[], Mapping[QueryState, int]], state: QueryState) -> float:
    return counts().get(state, 0)


class Counted:
    """Wraps an application and counts its answers.

    Args:
        app: the application.
        meters: count.
    """

    def __init__(self, app: Application, meters: ApiMeters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and count."""

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                # the framework leaves the route that it found in the scope; the door refuses before there is one
                route = str(getattr(scope.get("route"), "path", scope["path"]))
                self._meters.answered(route, message["status"])
            await send(message)

        await self._app(scope, receive, counting)
