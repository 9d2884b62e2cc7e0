"""The validator's state on SQLite and PostgreSQL: a kill at any point loses nothing and scores nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from neurons.validator.migrate import VERSION_TABLE, migrate
from neurons.validator.store import AlreadyPublishedError, AlreadySettledError, open_store
from neurons.validator.tables import Base
from neurons.validator.weights_store import WeightsState, WeightsStore
from tests.integration.validator import killed
from tests.unit.neurons.parts import make_inference, make_subject

PROJECT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("point", killed.POINTS)
def test_settle_killed_at_any_point_is_settled_once_in_the_end(state_url: str, point: str) -> None:
    command = [sys.executable, "-m", killed.__name__, state_url, point]
    assert subprocess.run(command, cwd=PROJECT, timeout=60).returncode == -signal.SIGKILL
    store = open_store(state_url, "validator")
    whole = point == "committed"
    assert len(store.page(0, 10).items) == len(store.changes("miner")) == len(store.outcomes("miner")) == whole
    assert store.score("miner") == (0.1 if whole else 0.0)
    # the statement is asked for again, and answered again
    if whole:
        with pytest.raises(AlreadyPublishedError):
            killed.settle(store)
    else:
        assert killed.settle(store) is not None
    assert len(store.page(0, 10).items) == len(store.changes("miner")) == len(store.outcomes("miner")) == 1
    assert store.score("miner") == 0.1
    store.close()


def test_settle_same_request_twice_scores_once(state_url: str) -> None:
    store = open_store(state_url, "validator")
    store.settle(killed.outcome(), killed.change())
    with pytest.raises(AlreadySettledError):
        store.settle(killed.outcome(), killed.change().model_copy(update={"score": 0.9}))
    with pytest.raises(AlreadySettledError):
        store.settle(None, killed.change().model_copy(update={"score": 0.9}))
    assert store.score("miner") == 0.1
    assert store.changes("miner") == (killed.change(),)
    store.close()


def test_outcomes_of_every_kind_come_back(state_url: str) -> None:
    store = open_store(state_url, "validator")
    for number, fault in enumerate(["refused", None, "refused", "refused"]):
        fields = {
            "nonce": f"0x{number:064x}",
            "fault": fault,
            "seconds": float(number),
            "asked_at": 60.0 * number,
        }
        store.settle(killed.outcome().model_copy(update=fields), None)
    row = ("miner", killed.outcome().circuit_id, killed.outcome().kind)
    # the third minute is counted already
    assert [store.refusals_in_a_row(*row, at) for at in (180.0, 240.0)] == [0, 3]
    assert store.refusals_in_a_row("nobody", *row[1:], 240.0) == 1
    assert store.measured_seconds() == [(make_inference().circuit_id, "miner", 1.0)]
    assert [outcome.seconds for outcome in store.outcomes("miner", 2)] == [3.0, 2.0]
    inference = make_inference(subject=make_subject(epoch=7))
    assert not store.blamed("miner", inference.statement_id)
    blamed = {"reason": "timed_out", "statement_id": inference.statement_id, "nonce": None}
    store.settle(None, killed.change().model_copy(update=blamed))
    assert store.blamed("miner", inference.statement_id)
    assert not store.blamed("other", inference.statement_id)
    store.close()


def test_response_times_are_of_one_circuit_and_of_changes_that_name_none(state_url: str) -> None:
    store = open_store(state_url, "validator")
    for number, (circuit_id, seconds) in enumerate([("0x01", 1.0), ("0x02", 2.0), (None, 3.0)]):
        fields = {"nonce": f"0x{number:064x}", "circuit_id": circuit_id, "seconds": seconds}
        store.settle(None, killed.change().model_copy(update=fields))
    assert sorted(store.response_times("0x01").successes) == [1.0, 3.0]
    assert sorted(store.response_times().successes) == [1.0, 2.0, 3.0]
    assert store.response_times().delivered == {"miner": 3}
    store.close()


def test_weights_are_concluded_once(state_url: str) -> None:
    engine = open_store(state_url, "validator").engine
    weights = WeightsStore(engine)
    number = weights.decide({3: 0.25, 7: 0.75}, block=5, version_key=1, dry_run=False)
    assert [decision.number for decision in weights.open()] == [number]
    weights.conclude(number, WeightsState.ACCEPTED, "taken", 9)
    weights.conclude(number, WeightsState.LOST, "never")
    (decision,) = weights.latest()
    assert (decision.state, decision.detail, decision.reveal_round) == (WeightsState.ACCEPTED, "taken", 9)
    assert decision.weights == {3: 0.25, 7: 0.75}
    assert weights.open() == ()
    engine.dispose()


def test_migrate_from_the_release_before_keeps_its_scores(state_url: str) -> None:
    engine = create_engine(state_url)
    migrate(engine, "0001")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO scores VALUES ('miner', 0.5, 1.0)"))
        columns = "hotkey, at, previous, score, reason"
        connection.execute(text(f"INSERT INTO score_changes ({columns}) VALUES ('miner', 1, 0, 0.5, 'verified')"))
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
    store = open_store(state_url, "validator")
    assert store.score("miner") == 0.5
    assert store.changes("miner")[0].formula is None
    store.close()
