"""A database that is locked, full or damaged: nothing is sent that is not stored, and the rest goes on."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from relayer.outbox import database
from tests.integration.relayer_rig import BareChain, Rig, bare_chain


@pytest.fixture(scope="module")
def chain() -> Iterator[BareChain]:
    with bare_chain() as made:
        yield made


@pytest.fixture
def rig(chain: BareChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    made = Rig(chain, f"sqlite:///{tmp_path}/relayer.db", changes={"bump_seconds": 1e9})
    yield made
    made.close()


def damage(rig: Rig, statement: str) -> None:
    with rig.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_database_locked_by_another_program_nothing_is_sent_until_it_is_free(rig: Rig) -> None:
    rig.queue()
    other = sqlite3.connect(str(rig.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        rig.step(mine=1)
    rig.chain.mine()
    assert rig.sent() == []
    other.execute("ROLLBACK")
    other.close()
    rig.finish()
    assert rig.tally() == [1]


def test_disk_full_nothing_is_sent_until_there_is_room(rig: Rig) -> None:
    rig.queue(3)
    rig.step(0)
    with rig.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(OperationalError, match="full"):
        rig.queue(500)
    with pytest.raises(OperationalError, match="full"):
        rig.step(50, mine=1)
    stored = {attempt.hash for job in rig.jobs() for attempt in rig.attempts(job.id)}
    assert {each["hash"] for each in rig.sent()} <= stored
    with rig.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    rig.finish(20)
    assert rig.tally() == [1] * len(rig.jobs())
    assert len(rig.sent()) == len(rig.jobs())


def test_transaction_damaged_before_it_was_sent_is_signed_anew_with_its_nonce(rig: Rig, chain: BareChain) -> None:
    damaged, intact = rig.queue(2)
    rig.step()
    for job in rig.jobs():
        chain.ask("anvil_dropTransaction", job.transaction)
    damage(rig, f"UPDATE attempts SET raw = '0x02zz' WHERE job_id = {damaged}")
    rig.restart()
    rig.finish()
    assert rig.tally() == [1, 1]
    assert [attempt.nonce for attempt in rig.attempts(damaged)] == [0, 0]
    assert len(rig.attempts(intact)) == 1


def test_transaction_damaged_in_flight_is_not_sent_and_lands_once(rig: Rig) -> None:
    rig.queue()
    rig.step()
    damage(rig, "UPDATE attempts SET raw = substr(raw, 1, 40)")
    rig.finish()
    assert rig.tally() == [1]
    assert len(rig.sent()) == 1


def test_block_of_an_included_job_is_missing_it_is_found_again(rig: Rig) -> None:
    rig.queue(2)
    rig.step(mine=1)
    rig.step()
    damage(rig, "UPDATE jobs SET block_hash = NULL WHERE id = 1")
    rig.finish()
    assert rig.tally() == [1, 1]
    assert len(rig.sent()) == 2


def test_calldata_damaged_one_job_waits_and_the_others_go_on(rig: Rig) -> None:
    rig.queue(2)
    damage(rig, "UPDATE jobs SET calldata = '0xzz' WHERE id = 1")
    rig.step(6, mine=1)
    assert rig.states() == ["queued", "finalized"]
    assert rig.jobs()[0].error
    assert len(rig.sent()) == 1
