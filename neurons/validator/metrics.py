"""What Prometheus reads of the validator; every family is set, and every label has a closed set of values."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from neurons.logs import event_counts
from neurons.metrics import Family, MetricKind, registered
from neurons.validator.asking import Outcome
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.events import EVENTS
from neurons.validator.questions import Kind
from neurons.validator.store import VERIFIED
from neurons.validator.weights_store import WeightsSet

Count = Callable[[], int]
_PREFIX = "veristake_validator_"
_GAUGE, _COUNTER, _HISTOGRAM = MetricKind.GAUGE, MetricKind.COUNTER, MetricKind.HISTOGRAM

FAMILIES = tuple(
    Family(_PREFIX + name, kind, about, labels)
    for name, kind, about, labels in (
        ("requests_total", _COUNTER, "Requests to miners that were settled, by what came of them", ("kind", "outcome")),
        ("blame_total", _COUNTER, "Requests without a usable answer, by whose fault that is", ("blame",)),
        ("response_seconds", _HISTOGRAM, "From request to complete answer, of verified answers, seconds", ("kind",)),
        ("verify_seconds", _HISTOGRAM, "From complete answer to verdict, seconds", ()),
        ("publications_total", _COUNTER, "Statements published since the process began", ()),
        ("miners", _GAUGE, "Registered miners at the newest survey, by whether they answered it", ("state",)),
        ("in_flight", _GAUGE, "Requests that miners have not answered yet", ()),
        ("timeout_seconds", _GAUGE, "How long a miner may take, learned from measured times, seconds", ("circuit",)),
        ("scored_miners", _GAUGE, "Miners with a score above 0", ()),
        ("score_sum", _GAUGE, "Sum of all scores; near 1 when every miner is fast", ()),
        ("weights_timestamp_seconds", _GAUGE, "When weights were last decided; 0 before the first time", ()),
        ("weights_accepted", _GAUGE, "1 when the network took the weights that were decided last", ()),
        ("up_since_timestamp_seconds", _GAUGE, "When the process began", ()),
    )
)
EVENTS_FAMILY = Family(_PREFIX + "events_total", _COUNTER, "Log messages since the process began", ("event", "level"))


class _EventCounts(Collector):
    """The counts that the logs keep."""

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(EVENTS_FAMILY.name, EVENTS_FAMILY.help, labels=EVENTS_FAMILY.labels)
        counted = dict.fromkeys(((event, "info") for event in EVENTS), 0) | event_counts
        for (event, level), count in sorted(counted.items()):
            family.add_metric((event, level), count)
        yield family


class Meters:
    """The validator's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry: CollectorRegistry
        self.registry, self._made = registered(FAMILIES)
        # every combination is there from the beginning: a rate needs a zero to begin with
        for kind in Kind:
            self._histogram("response_seconds").labels(kind)
            for outcome in (VERIFIED, *AnswerFault):
                self._counter("requests_total").labels(kind, outcome)
        for blame in Blame:
            self._counter("blame_total").labels(blame)
        self.registry.register(_EventCounts())
        self._gauge("up_since_timestamp_seconds").set(time.time())

    def settled(self, outcome: Outcome, blame: Blame, *, published: bool) -> None:
        """A request has been settled."""
        kind = outcome.asked.question.kind
        self._counter("requests_total").labels(kind, outcome.fault or VERIFIED).inc()
        if outcome.fault is not None:
            self._counter("blame_total").labels(blame).inc()
        if outcome.run is not None:
            self._histogram("response_seconds").labels(kind).observe(outcome.seconds)
            self._histogram("verify_seconds").observe(outcome.verify_seconds)
        if published:
            self._counter("publications_total").inc()

    def watch_fleet(
        self, reachable: Callable[[], int], unreachable: Callable[[], int], busy: Callable[[], int]
    ) -> None:
        """Read the miners when Prometheus asks."""
        self._gauge("miners").labels("reachable").set_function(reachable)
        self._gauge("miners").labels("unreachable").set_function(unreachable)
        self._gauge("in_flight").set_function(busy)

    def watch_timeouts(self, circuits: Iterable[tuple[str, str]], timeout: Callable[[str], float]) -> None:
        """Read the timeouts of these circuits, by id and name, when Prometheus asks."""
        for circuit_id, name in circuits:
            self._gauge("timeout_seconds").labels(name).set_function(partial(timeout, circuit_id))

    def watch_scores(self, scores: Callable[[], dict[str, float]]) -> None:
        """Read the scores when Prometheus asks."""
        self._gauge("scored_miners").set_function(lambda: sum(score > 0 for score in scores().values()))
        self._gauge("score_sum").set_function(lambda: sum(scores().values()))

    def watch_weights(self, latest: Callable[[int], tuple[WeightsSet, ...]]) -> None:
        """Read the newest weights when Prometheus asks."""
        self._gauge("weights_timestamp_seconds").set_function(
            lambda: max((each.decided_at for each in latest(1)), default=0.0)
        )
        self._gauge("weights_accepted").set_function(lambda: sum(each.state == "accepted" for each in latest(1)))

    def _counter(self, name: str) -> Counter:
        made = self._made[_PREFIX + name]
        assert isinstance(made, Counter)  # noqa: S101 - the table above says so
        return made

    def _gauge(self, name: str) -> Gauge:
        made = self._made[_PREFIX + name]
        assert isinstance(made, Gauge)  # noqa: S101 - the table above says so
        return made

    def _histogram(self, name: str) -> Histogram:
        made = self._made[_PREFIX + name]
        assert isinstance(made, Histogram)  # noqa: S101 - the table above says so
        return made
