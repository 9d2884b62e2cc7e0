"""Queries and keys in SQLite and in PostgreSQL: both or neither, once only, along the table of states."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from daemon.token_bucket import Rate
from neurons.validator.api.access_keys import AccessKeyStore, Limits
from neurons.validator.api.query_store import (
    Failure,
    IllegalMoveError,
    KeyReusedError,
    NewQuery,
    QueryStore,
    QuotaUsedUpError,
)
from neurons.validator.api.states import QueryState
from neurons.validator.store import open_store
from signed_http.refusal import Fault, Refusal
from statements.errors import ConfigurationError

MANY = Rate(per_second=1000.0, burst=1000.0)
FAILURE = Failure(refusal=Refusal(code="unproven", message="no", fault=Fault.RESPONDER))


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(state_url: str) -> Iterator[Engine]:
    store = open_store(state_url, "validator")
    yield store.engine
    store.close()


def query(**fields: Any) -> NewQuery:
    values = {
        "caller": "key:one",
        "idempotency_key": None,
        "request_hash": "0x01",
        "circuit_id": "0x" + "cc" * 32,
        "inputs": (1, -2),
        "deadline_seconds": 60.0,
    }
    return NewQuery(**(values | fields))


def test_add_same_key_at_once_stores_one_and_charges_one(engine: Engine) -> None:
    store = QueryStore(engine, Clock())
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(lambda _: store.add(query(idempotency_key="k"), Rate(0.001, 3.0)), range(8)))
    assert len({view.query_id for view, _ in added}) == 1
    assert sum(new for _, new in added) == 1
    with pytest.raises(KeyReusedError):
        store.add(query(idempotency_key="k", request_hash="0x02"), MANY)
    assert store.add(query(idempotency_key="k", caller="key:two", request_hash="0x02"), MANY)[1]
    assert [store.add(query(), Rate(0.001, 3.0))[1] for _ in range(2)] == [True, True]
    with pytest.raises(QuotaUsedUpError):
        store.add(query(), Rate(0.001, 3.0))
    assert store.counts() == {QueryState.RECEIVED: 4}


def test_add_different_queries_at_once_never_exceed_the_quota(engine: Engine) -> None:
    store, quota = QueryStore(engine, Clock()), Rate(per_second=0.001, burst=5.0)

    def admitted(_: int) -> bool:
        try:
            return store.add(query(), quota)[1]
        except QuotaUsedUpError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(admitted, range(16))) == 5
    assert len(store.open_queries()) == 5


def test_move_goes_along_the_table_only_and_an_end_is_an_end(engine: Engine) -> None:
    store = QueryStore(engine, Clock())
    query_id = store.add(query(), MANY)[0].query_id
    with pytest.raises(IllegalMoveError):
        store.failed(query_id, FAILURE)
    assert [store.asked(query_id).times_asked for _ in range(2)] == [1, 2]
    assert store.failed(query_id, FAILURE).failure == FAILURE.refusal
    for move in (store.asked, lambda each: store.failed(each, FAILURE), lambda each: store.expired(each, FAILURE)):
        with pytest.raises(IllegalMoveError):
            move(query_id)
    assert store.open_queries() == ()
    assert store.get(query_id, "key:two") is None


def test_forget_removes_what_ended_long_ago_and_nothing_open(engine: Engine) -> None:
    clock = Clock()
    store = QueryStore(engine, clock)
    ended, left = (store.add(query(), MANY)[0].query_id for _ in range(2))
    store.expired(ended, FAILURE)
    clock.now += 100
    assert (store.forget(101), store.forget(99)) == (0, 1)
    for _ in range(3):
        store.expired(store.add(query(), MANY)[0].query_id, FAILURE)
    clock.now += 100
    assert [store.forget(99, most=2) for _ in range(3)] == [2, 1, 0]
    assert [(caller, view.query_id) for caller, view in store.open_queries()] == [("key:one", left)]


def test_keys_of_a_hotkey_whose_key_was_revoked_can_be_made_again(engine: Engine) -> None:
    keys = AccessKeyStore(engine)
    first, _ = keys.create("customer", Limits(queries_per_hour=7), hotkey="5Hotkey")
    with pytest.raises(ConfigurationError, match="has a key already"):
        keys.create("customer", Limits(), hotkey="5Hotkey")
    keys.revoke(first.key_id)
    assert keys.caller_of("5Hotkey") is None
    keys.create("customer", Limits(queries_per_hour=9), hotkey="5Hotkey")
    caller = keys.caller_of("5Hotkey")
    assert caller is not None
    assert (caller.caller_id, caller.limits.queries_per_hour) == ("hotkey:5Hotkey", 9)
    assert [key.revoked_at is None for key in keys.all()] == [False, True]


@pytest.mark.parametrize("name", ["", "n" * 101, "a\x00b", "two\nlines"])
def test_keys_name_that_cannot_be_stored_or_shown_is_refused(engine: Engine, name: str) -> None:
    with pytest.raises(ConfigurationError, match="name = "):
        AccessKeyStore(engine).create(name, Limits())
    assert AccessKeyStore(engine).create("n" * 100, Limits())[0].name == "n" * 100


def test_keys_open_until_revoked_and_only_a_hash_is_kept(engine: Engine) -> None:
    keys = AccessKeyStore(engine)
    key, secret = keys.create("somebody", Limits(queries_per_hour=7))
    assert secret is not None
    with engine.connect() as connection:
        assert secret.split("_", 2)[2] not in str(connection.exec_driver_sql("SELECT * FROM api_keys").all())
    caller = keys.caller_with(secret)
    assert caller is not None
    assert (caller.caller_id, caller.limits.queries_per_hour) == (f"key:{key.key_id}", 7)
    for other in (
        "",
        secret[:-1],
        secret + "x",
        secret.replace("vsk", "VSK"),
        secret[:-1] + ("A" if secret[-1] == "B" else "B"),
    ):
        assert keys.caller_with(other) is None
    signer, nothing = keys.create("signer", Limits(), hotkey="5Signer")
    assert nothing is None
    assert keys.caller_of("5Signer") == signer.caller
    with pytest.raises(ConfigurationError, match="has a key already"):
        keys.create("again", Limits(), hotkey="5Signer")
    first, again = keys.revoke(key.key_id), keys.revoke(key.key_id)
    assert first == again
    assert keys.caller_with(secret) is None
    keys.revoke(signer.key_id)
    assert keys.caller_of("5Signer") is None
    with pytest.raises(ConfigurationError, match="there is no key"):
        keys.revoke("none")
    assert [each.revoked_at is not None for each in keys.all()] == [True, True]
