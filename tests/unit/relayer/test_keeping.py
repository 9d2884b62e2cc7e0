"""When an observation is due, and that it is asked for once."""

from pathlib import Path

import hypothesis.strategies as st
import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from sqlalchemy import Engine

from relayer.observing import observe_jobs, open_window
from relayer.outbox.database import open_database
from relayer.outbox.keeper_store import KeeperStore
from relayer.outbox.views import Views
from relayer.settings import KeeperSettings
from tests.unit.relayer.makers import ASSET, OBSERVER

OTHER = "0x" + "00" * 19 + "C2"
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


def test_queue_same_epoch_twice_is_queued_once(engine: Engine) -> None:
    store = KeeperStore(engine, lambda: 100.0)
    assert len(store.queue(JOBS, deadline=160)) == 2
    assert store.queue(JOBS, deadline=160) == []
    jobs = Views(engine, {}).jobs().jobs
    assert [job.kind for job in jobs] == ["observe", "observe"]
    assert {job.expires_at for job in jobs} == {160.0}
