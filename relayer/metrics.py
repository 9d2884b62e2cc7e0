"""What Prometheus scrapes: families in a table, values read when asked for, label sets closed by settings and enums."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from relayer.app import HealthySource, HealthyWriter
from relayer.balances import BalanceWatch
from relayer.logs import event_counts
from relayer.outbox.models import JobRow, SourceRow
from relayer.outbox.spent import Spent, spent_by_chain
from relayer.states import JobState
from statements.job import JobKind

_PREFIX = "veristake_relayer_"


class Kind(StrEnum):
    """Kind of a family, in Prometheus' words."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True)
class Family:
    """A metric.

    Attributes:
        name: without the prefix ``veristake_relayer_``.
        kind: gauge or counter.
        help: what it is, with its unit.
        labels: names of its labels.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


FAMILIES = (
    Family("jobs", Kind.GAUGE, "Jobs by where they are", ("chain", "kind", "state")),
    Family("oldest_queued_seconds", Kind.GAUGE, "Age of the oldest queued job, seconds", ("chain",)),
    Family("oldest_sent_seconds", Kind.GAUGE, "Time since the oldest transaction without a block, seconds", ("chain",)),
    Family("last_included_timestamp_seconds", Kind.GAUGE, "When a job was last found in a block", ("chain",)),
    Family(
        "gas_used_total",
        Kind.COUNTER,
        "Gas of the transactions that succeeded and are final, units of gas",
        ("chain",),
    ),
    Family(
        "spent_wei_total",
        Kind.COUNTER,
        "Cost of the transactions that succeeded and are final, fee for data included, wei",
        ("chain",),
    ),
    Family("chain_ready", Kind.GAUGE, "1 when the chain answered at the last look", ("chain",)),
    Family("chain_paused", Kind.GAUGE, "1 while the operator has paused the chain", ("chain",)),
    Family("balance_wei", Kind.GAUGE, "Balance of the signer, wei", ("chain", "signer")),
    Family(
        "balance_level", Kind.GAUGE, "0 enough, 1 below balance_warning_wei, 2 below balance_critical_wei", ("chain",)
    ),
    Family("source_ready", Kind.GAUGE, "1 when the source gave a usable answer at the last question", ("source",)),
    Family("source_cursor", Kind.GAUGE, "How far the source's feed has been read", ("source",)),
    Family("events_total", Kind.COUNTER, "Log messages since the process began", ("event", "level")),
    Family("up_since_timestamp_seconds", Kind.GAUGE, "When the process began"),
)
_BY_NAME = {family.name: family for family in FAMILIES}

Labels = tuple[str, ...]
Values = dict[str, dict[Labels, float | int]]


class Paused(Protocol):
    """Reads which chains are paused; :class:`relayer.outbox.operator_store.OperatorStore`."""

    def paused(self) -> dict[int, str]:
        """Chain ids with the reason."""


def render(values: Values) -> str:
    """Prometheus' text format of all families that have values.

    Raises:
        KeyError: a family that is not in the table.
        ValueError: labels that do not fit it.
    """
    registry = CollectorRegistry()
    registry.register(_Values([_filled(_BY_NAME[name], samples) for name, samples in values.items()]))
    return generate_latest(registry).decode()


class _Values(Collector):
    """What was read for one answer; nothing is kept between two."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return iter(self._families)


def _filled(family: Family, samples: Mapping[Labels, float | int]) -> Metric:
    make = CounterMetricFamily if family.kind is Kind.COUNTER else GaugeMetricFamily
    made = make(_PREFIX + family.name, family.help, labels=family.labels)
    for labels, value in samples.items():
        if len(labels) != len(family.labels):
            raise ValueError(f"{family.name} has the labels {family.labels}, not {labels}")
        made.add_metric(labels, value)
    return made


class Metrics:
    """Reads everything that is measured.

    Args:
        engine: of the state.
        chain_names: by chain id; other chains in the database are not shown.
        writers: of the chains.
        sources: readers.
        balances: of the signers.
        paused: reads which chains are paused.
    """

    def __init__(
        self,
        engine: Engine,
        chain_names: Mapping[int, str],
        writers: Sequence[HealthyWriter],
        sources: Sequence[HealthySource],
        balances: Sequence[BalanceWatch],
        paused: Paused,
    ) -> None:
        self._engine = engine.execution_options(reads_only=True)
        self._names = chain_names
        self._writers = writers
        self._sources = sources
        self._balances = balances
        self._paused = paused
        self._began = time.time()

    def text(self) -> str:
        """Everything, as Prometheus reads it."""
        return render({**self._of_database(), **self._of_process()})

    def _of_process(self) -> Values:
        paused = self._paused.paused()
        return {
            "chain_ready": {(writer.name,): int(writer.health.ready) for writer in self._writers},
            "chain_paused": {(name,): int(chain_id in paused) for chain_id, name in self._names.items()},
            "balance_wei": {(b.name, b.address): b.wei for b in self._balances if b.wei is not None},
            "balance_level": {(b.name,): int(b.level) for b in self._balances if b.level is not None},
            "source_ready": {(source.name,): int(source.error is None) for source in self._sources},
            "events_total": {(event, level): count for (event, level), count in sorted(event_counts.items())},
            "up_since_timestamp_seconds": {(): self._began},
        }

    def _of_database(self) -> Values:
        now = time.time()
        known = {source.name for source in self._sources}
        with Session(self._engine) as session:
            jobs = self._jobs(session)
            return {
                "jobs": jobs,
                "oldest_queued_seconds": self._age(session, JobState.QUEUED, now),
                "oldest_sent_seconds": self._age(session, JobState.SENT, now),
                "last_included_timestamp_seconds": self._last_included(session),
                **self._spent(session),
                "source_cursor": {
                    (row.hotkey,): row.cursor for row in session.scalars(select(SourceRow)) if row.hotkey in known
                },
            }

    def _jobs(self, session: Session) -> dict[Labels, float | int]:
        # every combination is there from the beginning: a rate needs a zero to begin with
        found: dict[Labels, float | int] = {
            (name, str(kind), str(state)): 0 for name in self._names.values() for kind in JobKind for state in JobState
        }
        counted = select(JobRow.chain_id, JobRow.kind, JobRow.state, func.count())
        for chain_id, kind, state, count in session.execute(
            counted.group_by(JobRow.chain_id, JobRow.kind, JobRow.state)
        ):
            if chain_id in self._names:
                found[self._names[chain_id], kind, state] = count
        return found

    def _age(self, session: Session, state: JobState, now: float) -> dict[Labels, float | int]:
        moment = JobRow.taken_at if state is JobState.QUEUED else JobRow.sent_at
        oldest = select(JobRow.chain_id, func.min(moment)).where(JobRow.state == state).group_by(JobRow.chain_id)
        found: dict[Labels, float | int] = {(name,): 0.0 for name in self._names.values()}
        for chain_id, at in session.execute(oldest):
            if chain_id in self._names and at is not None:
                found[(self._names[chain_id],)] = max(0.0, now - at)
        return found

    def _last_included(self, session: Session) -> dict[Labels, float | int]:
        latest = select(JobRow.chain_id, func.max(JobRow.included_at)).group_by(JobRow.chain_id)
        rows = session.execute(latest)
        return {(self._names[chain_id],): at for chain_id, at in rows if chain_id in self._names and at is not None}

    def _spent(self, session: Session) -> Values:
        spent = spent_by_chain(session)
        by_name = {name: spent.get(chain_id, Spent(gas=0, wei=0)) for chain_id, name in self._names.items()}
        return {
            "gas_used_total": {(name,): each.gas for name, each in by_name.items()},
            "spent_wei_total": {(name,): each.wei for name, each in by_name.items()},
        }
