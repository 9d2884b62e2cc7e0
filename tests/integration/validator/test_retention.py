"""Old rows go, on SQLite and PostgreSQL, and no decision changes: scores, samples, timeouts, blame, weights."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from neurons.validator import retention
from neurons.validator.competition_store import CompetitionStore, MeasuredEntry
from neurons.validator.measurements import Measurements
from neurons.validator.records import ScoreChange
from neurons.validator.retention import NEWEST_KEPT, TABLES, prune
from neurons.validator.store import REMEMBERED_SUCCESSES, VERIFIED, ValidatorStore, open_store
from neurons.validator.tables import Base, CompetitionEntryRow, OutcomeRow, ScoreChangeRow, ScoreRow
from neurons.validator.weights_store import WeightsState, WeightsStore
from tests.unit.neurons.parts import make_inference

MINERS = ("busy", "seldom", "turned", "gone")
CIRCUITS = ("0x01", "0x02", None)
KINDS = ("observation", "query", "benchmark")
SHARES = (12, 3, 12)
REQUESTS = 3000
OLD, NOW = 1.0, 1_000_000.0


@pytest.fixture
def store(state_url: str) -> Iterator[ValidatorStore]:
    store = open_store(state_url, "validator")
    yield store
    store.close()


def test_prune_everything_old_changes_no_decision(store: ValidatorStore) -> None:
    write_history(store.engine)
    # or the history would not reach beyond what always stays
    assert count(store.engine, ScoreChangeRow) > 4 * REMEMBERED_SUCCESSES
    assert store.refusals_in_a_row("turned", "0x01", "query", NOW) > 3 * NEWEST_KEPT
    before, rows_before = decisions(store), count(store.engine, OutcomeRow)
    assert sum(prune(store.engine, NOW)) > REQUESTS
    assert decisions(store) == before
    assert count(store.engine, OutcomeRow) < rows_before / 3
    assert sum(prune(store.engine, NOW)) == 0


def test_prune_young_rows_stay(store: ValidatorStore) -> None:
    write_history(store.engine)
    rows_before = [count(store.engine, table.rows) for table in TABLES]
    assert list(prune(store.engine, OLD)) == []
    assert [count(store.engine, table.rows) for table in TABLES] == rows_before


def test_prune_publications_stay_and_cursors_go_on(store: ValidatorStore) -> None:
    store.settle(None, None, make_inference())
    assert sum(prune(store.engine, NOW * 1e6)) == 0
    assert [item.cursor for item in store.page(0, 10).items] == [1]


def test_prune_weights_keeps_open_decisions_and_the_newest(store: ValidatorStore) -> None:
    weights = WeightsStore(store.engine)
    still_open = weights.decide({1: 1.0}, block=1, version_key=1, dry_run=False)
    for block in range(2, 2 + 2 * NEWEST_KEPT):
        number = weights.decide({1: 1.0}, block=block, version_key=1, dry_run=False)
        weights.conclude(number, WeightsState.ACCEPTED, "taken")
    latest = weights.latest(NEWEST_KEPT)
    assert sum(prune(store.engine, NOW * 1e6)) == NEWEST_KEPT
    assert [decision.number for decision in weights.open()] == [still_open]
    assert weights.latest(NEWEST_KEPT) == latest


def test_prune_competitions_keep_their_leader(store: ValidatorStore) -> None:
    entries = CompetitionStore(store.engine)
    fields: dict[str, Any] = {
        "competition": "c",
        "circuit_id": "0x01",
        "accuracy": 1.0,
        "proof_bytes": 1,
        "seconds": 1.0,
    }
    assert entries.add(MeasuredEntry(hotkey="best", score=0.9, **fields))
    assert not entries.add(MeasuredEntry(hotkey="seldom", score=0.4, **fields))
    for _ in range(NEWEST_KEPT + 3):
        assert not entries.add(MeasuredEntry(hotkey="other", score=0.5, **fields))
    assert sum(prune(store.engine, NOW * 1e6)) == 3
    leader = entries.leader("c")
    assert leader is not None
    assert leader.hotkey == "best"
    assert entries.author("c", "0x01") == "best"
    assert entries.last_measured("c", "seldom", "0x01") is not None
    assert count(store.engine, CompetitionEntryRow) == NEWEST_KEPT + 2


def test_prune_each_transaction_removes_a_batch_at_most(store: ValidatorStore) -> None:
    write_history(store.engine)
    commits = 0

    def count_commit(_: object) -> None:
        nonlocal commits
        commits += 1

    event.listen(store.engine, "commit", count_commit)
    steps = [step for step in prune(store.engine, NOW, batch_rows=200) if step]
    event.remove(store.engine, "commit", count_commit)
    assert max(steps) <= 200
    assert commits == len(steps)


def test_keep_pruning_removes_what_is_old_and_goes_on_after_a_failure(
    store: ValidatorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_history(store.engine)
    monkeypatch.setattr(retention, "_ROUND_SECONDS", 0.0)
    monkeypatch.setattr(retention, "_PAUSE_SECONDS", 0.0)
    failures = [OperationalError("locked", None, ValueError())]

    def prune_after_failing(engine: Engine, before: float) -> Iterator[int]:
        if failures:
            raise failures.pop()
        yield from prune(engine, before)

    monkeypatch.setattr(retention, "prune", prune_after_failing)

    async def until_pruned(logs: Sequence[Mapping[str, Any]]) -> None:
        pruning = asyncio.create_task(retention.keep_pruning(store.engine, keep_seconds=86_400.0))
        while not any(entry["event"] == "history_pruned" for entry in logs):
            assert not pruning.done()
            await asyncio.sleep(0.01)
        pruning.cancel()

    with capture_logs() as logs:
        asyncio.run(until_pruned(logs))
    assert [entry["event"] for entry in logs] == ["history_not_pruned", "history_pruned"]
    assert logs[1]["rows"] > REQUESTS


def write_history(engine: Engine) -> None:
    """Requests of miners that are asked often or seldom, have turned bad, or have gone; all of them old."""
    draw = random.Random(5)
    outcomes: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for number in range(REQUESTS):
        hotkey = "gone" if number < 200 else draw.choices(MINERS[:3], SHARES)[0]
        circuit_id, kind = draw.choices(CIRCUITS, (20, 1, 1))[0], draw.choice(KINDS)
        fails = 0.1
        if hotkey == "turned":
            # refuses queries; in the end it is asked for benchmarks only, and refuses those
            kind = kind if number < REQUESTS / 2 else "benchmark"
            fails = float(kind == "query" or number >= REQUESTS / 2)
        fault = draw.choice(["refused", "abandoned", "timed_out"]) if draw.random() < fails else None
        seconds = draw.uniform(1, 9)
        common = {"hotkey": hotkey, "kind": kind, "seconds": seconds, "nonce": f"0x{number:064x}"}
        statement_id = f"0x{number // 9:064x}" if kind == "observation" else None
        common |= {"statement_id": statement_id}
        asked_at = OLD + number * 20
        blame = "miner" if fault == "timed_out" else "nobody"
        outcome = {"circuit_id": circuit_id or "0x01", "asked_at": asked_at, "fault": fault, "blame": blame}
        outcomes.append(common | outcome | {"detail": ""})
        if fault in (None, "timed_out"):
            score = {"previous": 0.1, "score": draw.random(), "reason": fault or VERIFIED, "at": asked_at}
            changes.append(common | {"circuit_id": circuit_id} | score)
    last = {change["hotkey"]: {"score": change["score"], "updated_at": change["at"]} for change in changes}
    with engine.begin() as connection:
        connection.execute(insert(OutcomeRow), outcomes)
        connection.execute(insert(ScoreChangeRow), changes)
        connection.execute(insert(ScoreRow), [{"hotkey": hotkey} | fields for hotkey, fields in last.items()])


def decisions(store: ValidatorStore) -> dict[str, Any]:
    """All that is decided from the history, and what `explain` shows."""
    measured = Measurements(store.measured_seconds(REQUESTS))
    pairs = [(circuit, hotkey) for circuit in ("0x01", "0x02") for hotkey in MINERS]
    newest: dict[str, tuple[ScoreChange, ...]] = {hotkey: store.changes(hotkey, NEWEST_KEPT) for hotkey in MINERS}
    return {
        "scores": store.scores(),
        "samples": [store.response_times(circuit) for circuit in CIRCUITS],
        "timeouts": [measured.of_miner(*pair) for pair in pairs],
        "refusals": [
            min(9, store.refusals_in_a_row(hotkey, circuit, kind, NOW)) for circuit, hotkey in pairs for kind in KINDS
        ],
        "explained": [(newest[hotkey], store.outcomes(hotkey, NEWEST_KEPT)) for hotkey in MINERS],
        "blamed": [
            store.blamed(hotkey, change.statement_id)
            for hotkey in MINERS
            for change in newest[hotkey]
            if change.statement_id
        ],
    }


def count(engine: Engine, rows: type[Base]) -> int:
    with Session(engine) as session:
        return len(session.scalars(select(rows.__table__.c.number)).all())
