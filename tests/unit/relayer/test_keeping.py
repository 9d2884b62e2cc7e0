"""When an observation is due, and what becomes of a batch that fails."""

from pathlib import Path

import hypothesis.strategies as st
import pytest
from eth_abi import decode
from eth_utils.crypto import keccak
from hypothesis import given
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from relayer.batching import batch_of
from relayer.classify import BATCH_FAILED, RpcError, Verdict, judge_revert
from relayer.observing import observe_jobs, open_window
from relayer.outbox.database import open_database
from relayer.outbox.keeper_store import KeeperStore
from relayer.outbox.models import JobRow
from relayer.outbox.transitions import move
from relayer.outbox.views import Views
from relayer.settings import KeeperSettings
from relayer.states import GIVEN_UP, JobState
from statements.abi.calldata import ErrorCatalogue
from tests.unit.relayer.makers import ASSET, OBSERVER

OTHER = "0x" + "00" * 19 + "C2"
MULTICALL = "0x" + "00" * 19 + "CA"
SETTINGS = KeeperSettings(observer=OBSERVER, assets=(ASSET, OTHER), delay_seconds=30)
JOBS = observe_jobs(1, SETTINGS, 7)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path}/relayer.db")


@given(st.integers(0, 2**40))
def test_open_window_is_open_exactly_between_delay_and_close(timestamp: int) -> None:
    window = open_window(timestamp, SETTINGS)
    assert (window is not None) == (30 <= timestamp % 3600 < 600)
    if window is not None:
        assert window.epoch == timestamp // 3600
        assert 0 < window.closes_at - timestamp <= 570


def test_observe_jobs_are_one_per_asset_and_epoch() -> None:
    again, next_epoch, abroad = observe_jobs(1, SETTINGS, 7), observe_jobs(1, SETTINGS, 8), observe_jobs(2, SETTINGS, 7)
    assert [job.key for job in JOBS] == [job.key for job in again]
    assert len({job.key for job in (*JOBS, *next_epoch, *abroad)}) == 6
    assert JOBS[0].calldata == "0x" + keccak(text="observe(address)")[:4].hex() + "00" * 12 + ASSET[2:].lower()


def test_batch_of_calls_everything_and_lets_nothing_fail() -> None:
    batch = batch_of(JOBS, MULTICALL)
    data = bytes.fromhex(batch.calldata[2:])
    assert data[:4] == keccak(text="aggregate3((address,bool,bytes)[])")[:4]
    (calls,) = decode(["(address,bool,bytes)[]"], data[4:])
    assert calls == tuple((OBSERVER.lower(), False, bytes.fromhex(job.calldata[2:])) for job in JOBS)


def test_queue_same_epoch_twice_is_queued_once(engine: Engine) -> None:
    store = KeeperStore(engine, lambda: 100.0)
    assert len(store.queue(JOBS, batch_of(JOBS, MULTICALL), deadline=160)) == 3
    assert store.queue(JOBS, batch_of(JOBS, MULTICALL), deadline=160) == []
    jobs = Views(engine, {}).jobs().jobs
    assert [job.kind for job in jobs] == ["observe", "observe", "batch"]
    assert {job.expires_at for job in jobs} == {160.0}


@pytest.mark.parametrize("end", sorted(GIVEN_UP))
def test_batch_that_comes_to_nothing_sets_its_jobs_free(engine: Engine, end: JobState) -> None:
    batch, *members = KeeperStore(engine).queue(JOBS, batch_of(JOBS, MULTICALL), deadline=160)
    with Session(engine) as session, session.begin():
        assert [session.get_one(JobRow, member).depends_on for member in members] == [batch, batch]
        move(session, session.get_one(JobRow, batch), end, at=1.0, reason="test")
    with Session(engine) as session:
        assert [session.get_one(JobRow, member).depends_on for member in members] == [None, None]


def test_judge_revert_of_a_failed_batch_is_final_for_the_batch() -> None:
    data = keccak(text="Error(string)")[:4] + bytes(31) + b"\x20" + bytes(31) + b"\x17" + BATCH_FAILED
    assert judge_revert(RpcError(3, "execution reverted", data), ErrorCatalogue([])).verdict is Verdict.PERMANENT
