"""Metrics as a table of families, and the loopback port on which Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from pydantic import Field

from daemon.settings import Section
from statements.errors import ConfigurationError


class MetricsSettings(Section):
    """Where Prometheus reads.

    Attributes:
        host: address to bind; whoever reaches it may read.
        port: port to bind; 0 takes a free one.
    """

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)


class MetricKind(StrEnum):
    """Kind of a family, in Prometheus' words."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Family:
    """A metric.

    Attributes:
        name: whole name, for a counter with its ``_total``.
        kind: gauge, counter or histogram.
        help: what it is, with its unit.
        labels: names of its labels, each with a closed set of values.
    """

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()


_TYPES = {MetricKind.GAUGE: Gauge, MetricKind.COUNTER: Counter, MetricKind.HISTOGRAM: Histogram}


def registered(
    families: Iterable[Family], registry: CollectorRegistry | None = None
) -> tuple[CollectorRegistry, dict[str, Gauge | Counter | Histogram]]:
    """A registry with these families, by default one of its own, and each of them by name."""
    registry = registry or CollectorRegistry()
    made = {
        family.name: _TYPES[family.kind](family.name, family.help, family.labels, registry=registry)
        for family in families
    }
    return registry, made


def serve_metrics(settings: MetricsSettings, registry: CollectorRegistry) -> None:
    """Let Prometheus read at ``/metrics``, from a thread that ends with the process.

    Raises:
        ConfigurationError: host and port cannot be bound.
    """
    try:
        start_http_server(settings.port, settings.host, registry)
    except OSError as error:
        raise ConfigurationError(
            f"metrics.port {settings.port} on metrics.host {settings.host} cannot be bound: {error.strerror}",
            remedy="Stop what holds the port, or choose another one.",
        ) from error
