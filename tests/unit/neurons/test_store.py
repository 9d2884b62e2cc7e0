from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from neurons.validator.migrate import VERSION_TABLE, migrate
from neurons.validator.store import (
    AlreadyPublishedError,
    UnreadablePublicationError,
    ValidatorStore,
    open_store,
)
from neurons.validator.tables import Base
from statements.errors import ConfigurationError
from tests.unit.neurons.parts import make_change, make_inference, make_subject


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/deep/state.sqlite"


@pytest.fixture
def store(url: str) -> Iterator[ValidatorStore]:
    store = open_store(url, "validator")
    yield store
    store.close()


def test_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/state.sqlite")
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, Base.metadata) == []


def test_publish_gives_rising_cursors_and_pages_oldest_first(store: ValidatorStore) -> None:
    inferences = [make_inference(subject=make_subject(epoch=epoch)) for epoch in (5, 4, 6)]
    assert [store.settle(None, make_change(), inference) for inference in inferences] == [1, 2, 3]
    page = store.page(1, 1)
    assert [item.inference for item in page.items] == inferences[1:2]
    assert (page.items[0].cursor, page.next_cursor, page.items[0].validator) == (2, 2, "validator")
    assert store.page(3, 10).next_cursor == 3
    assert store.is_published(inferences[0].statement_id)
    assert not store.is_published("0x")


def test_publish_second_time_changes_nothing(store: ValidatorStore) -> None:
    store.settle(None, make_change(score=0.1), make_inference())
    with pytest.raises(AlreadyPublishedError):
        store.settle(None, make_change(score=0.9), make_inference(proof="0xcd"))
    assert store.score("miner") == 0.1
    assert len(store.changes("miner")) == 1
    (item,) = store.page(0, 10).items
    assert item.inference.proof == "0xab"


def test_publish_what_could_not_be_read_again_is_not_stored(store: ValidatorStore) -> None:
    unreadable = make_inference().model_copy(update={"prove_seconds": float("inf")})
    with pytest.raises(UnreadablePublicationError):
        store.settle(None, make_change(), unreadable)
    assert store.settle(None, make_change(), make_inference()) == 1
    assert len(store.page(0, 10).items) == 1


def test_open_store_again_holds_everything(url: str, store: ValidatorStore) -> None:
    store.settle(None, make_change(), make_inference())
    store.close()
    again = open_store(url, "validator")
    assert again.page(0, 10).items[0].inference == make_inference()
    assert again.scores()[0].last_change.reason == "verified"
    again.close()


def test_open_store_of_a_newer_release_is_refused(url: str, store: ValidatorStore, tmp_path: Path) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "deep" / "state.sqlite") as connection:
        connection.execute("UPDATE validator_schema_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="schema 9999"):
        open_store(url, "5V")


def test_open_store_sqlite_writes_ahead(url: str, store: ValidatorStore, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "deep" / "state.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_cursor_of_a_removed_row_is_never_used_again(store: ValidatorStore, tmp_path: Path) -> None:
    store.settle(None, make_change(), make_inference())
    with sqlite3.connect(tmp_path / "deep" / "state.sqlite") as connection:
        connection.execute("DELETE FROM publications")
    assert store.settle(None, make_change(), make_inference()) == 2


def test_scores_best_first_with_their_newest_change(store: ValidatorStore) -> None:
    store.settle(None, make_change("slow", score=0.1))
    store.settle(None, make_change("quick", score=0.5))
    store.settle(None, make_change("slow", previous=0.1, score=0.06, reason="timed_out", seconds=None))
    assert [(s.hotkey, s.score, s.last_change.reason) for s in store.scores()] == [
        ("quick", 0.5, "verified"),
        ("slow", 0.06, "timed_out"),
    ]
    assert [change.score for change in store.changes("slow")] == [0.06, 0.1]
    assert store.score("nobody") == 0.0


def test_response_times_are_of_successes_and_latest_per_miner(store: ValidatorStore) -> None:
    for hotkey, seconds, reason in [("a", 9.0, "verified"), ("a", 3.0, "verified"), ("b", 5.0, "wrong_tag")]:
        store.settle(None, make_change(hotkey, seconds=seconds, reason=reason))
    times = store.response_times()
    assert times.latest == {"a": 3.0}
    assert sorted(times.successes) == [3.0, 9.0]


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/nothing/state.sqlite", "unknown://user:secret@host/db"])
def test_open_store_bad_url_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="state_url") as caught:
        open_store(url, "validator")
    assert "secret" not in str(caught.value)
