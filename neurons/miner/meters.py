"""What the miner measures of itself, as Prometheus reads it: a table of families, every label's values closed."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from neurons.artefacts.serving import ARTEFACTS_PATH, Shelf
from neurons.messages import RefusalCode
from neurons.metrics import Family, MetricKind, registered
from neurons.miner.backends.backend import ProvingBackend
from neurons.miner.fair_order import RequestKind
from neurons.miner.holdings import HeldCircuits
from neurons.miner.places import Places
from signed_http.server import Application, Message, Receive, Scope, Send
from verifier_gen.measured import MeasuredProof

_P = "veristake_miner_"
FAMILIES = (
    Family(_P + "http_requests_total", MetricKind.COUNTER, "HTTP requests answered", ("route", "status")),
    Family(_P + "refusals_total", MetricKind.COUNTER, "Requests refused, by the code of the refusal", ("code",)),
    Family(_P + "proof_seconds", MetricKind.HISTOGRAM, "Time of witness and proof, seconds", ("kind",)),
    Family(_P + "proof_memory_bytes", MetricKind.GAUGE, "Peak memory of the worker in the latest proof, bytes"),
    Family(_P + "workers", MetricKind.GAUGE, "Proofs made at the same time"),
    Family(_P + "workers_replaced_total", MetricKind.COUNTER, "Workers that died, hung or kept too much memory"),
    Family(_P + "proving", MetricKind.GAUGE, "Requests being proved"),
    Family(_P + "waiting", MetricKind.GAUGE, "Requests that wait for a worker"),
    Family(_P + "queue_limit", MetricKind.GAUGE, "Requests that may wait for a worker"),
    Family(_P + "expected_wait_seconds", MetricKind.GAUGE, "Wait of a query that is admitted now, seconds"),
    Family(_P + "circuits", MetricKind.GAUGE, "Circuits held"),
    Family(_P + "artefact_sent_bytes_total", MetricKind.COUNTER, "Bytes of circuits' files sent to others"),
    Family(_P + "artefact_downloads", MetricKind.GAUGE, "Files being sent to others"),
    Family(_P + "up_since_timestamp_seconds", MetricKind.GAUGE, "When the process began, seconds since 1970"),
)

ROUTES = {
    "/healthz": "healthz",
    "/v1/capabilities": "capabilities",
    "/v1/observations": "observations",
    "/v1/queries": "queries",
    "/v1/benchmarks": "benchmarks",
    "/v1/competitions": "competitions",
}
OTHER = "other"
_STATUSES = (200, 206, 401, 403, 404, 408, 409, 413, 416, 422, 429, 499, 500, 502, 503, 504)
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Watched:
    """What the gauges are read from.

    Attributes:
        places: the queue.
        held: circuits.
        backend: workers.
        shelf: files served; None: none are.
    """

    places: Places
    held: HeldCircuits
    backend: ProvingBackend
    shelf: Shelf | None


class MinerMeters:
    """The families with their values."""

    def __init__(self) -> None:
        self.registry, self._families = registered(FAMILIES)
        self._counted: dict[str, int] = {}
        # every label value is there from the beginning: a rate needs a zero to begin with
        for route in (*ROUTES.values(), "artefacts", OTHER):
            for status in (*map(str, _STATUSES), OTHER):
                self._counter("http_requests_total").labels(route, status)
        for code in RefusalCode:
            self._counter("refusals_total").labels(code)
        for kind in RequestKind:
            self._histogram("proof_seconds").labels(kind)
        self._gauge("up_since_timestamp_seconds").set(time.time())

    def refused(self, code: RefusalCode) -> None:
        """Count a refusal."""
        self._counter("refusals_total").labels(code).inc()

    def proved(self, kind: RequestKind, measured: MeasuredProof) -> None:
        """Count a proof."""
        self._histogram("proof_seconds").labels(kind).observe(measured.proof.seconds)
        self._gauge("proof_memory_bytes").set(measured.peak_bytes)

    def answered(self, path: str, status: int) -> None:
        """Count an HTTP answer."""
        route = "artefacts" if path.startswith(ARTEFACTS_PATH) else ROUTES.get(path, OTHER)
        shown = str(status) if status in _STATUSES else OTHER
        self._counter("http_requests_total").labels(route, shown).inc()

    def look(self, watched: Watched) -> None:
        """Read the gauges."""
        queue = watched.places.queue
        for name, value in {
            "workers": watched.backend.workers,
            "proving": queue.running,
            "waiting": queue.waiting,
            "queue_limit": queue.limit,
            "expected_wait_seconds": watched.places.expected_wait(),
            "circuits": len(watched.held.usable()),
            "artefact_downloads": watched.shelf.under_way if watched.shelf is not None else 0,
        }.items():
            self._gauge(name).set(value)
        self._count_up("workers_replaced_total", watched.backend.replaced)
        self._count_up("artefact_sent_bytes_total", watched.shelf.sent_bytes if watched.shelf is not None else 0)

    async def watch(self, watched: Watched) -> None:
        """Read the gauges again and again; in the event loop, where the queue does not change meanwhile."""
        while True:
            self.look(watched)
            await asyncio.sleep(_LOOK_SECONDS)

    def _count_up(self, name: str, total: int) -> None:
        self._counter(name).inc(total - self._counted.get(name, 0))
        self._counted[name] = total

    def _counter(self, name: str) -> Counter:
        family = self._families[_P + name]
        assert isinstance(family, Counter)  # noqa: S101 - the table says so
        return family

    def _gauge(self, name: str) -> Gauge:
        family = self._families[_P + name]
        assert isinstance(family, Gauge)  # noqa: S101 - the table says so
        return family

    def _histogram(self, name: str) -> Histogram:
        family = self._families[_P + name]
        assert isinstance(family, Histogram)  # noqa: S101 - the table says so
        return family


def counted(app: Application, meters: MinerMeters) -> Application:
    """An application whose answers are counted, those of its wrapper for signatures among them."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                meters.answered(scope["path"], message["status"])
            await send(message)

        await app(scope, receive, counting if scope["type"] == "http" else send)

    return answering
