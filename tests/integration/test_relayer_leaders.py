"""Several relayers: one key with a leader and a standby, and keys of their own that take turns."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from relayer.lease import lease_for
from relayer.outbox.database import open_database
from relayer.settings import TurnSettings
from tests.integration.databases import Databases
from tests.integration.relayer_chain import wait_until
from tests.integration.relayer_rig import ONCE, BareChain, Rig, bare_chain


@pytest.fixture(scope="module")
def chain() -> Iterator[BareChain]:
    with bare_chain() as made:
        yield made


def in_a_process(work: Callable[[], None]) -> int:
    """Another process that works and then stays until it is killed; returns its id."""
    child = os.fork()
    if child == 0:
        try:
            asyncio.set_event_loop(None)
            work()
            time.sleep(600)
        finally:
            os._exit(1)
    return child


def test_leader_is_killed_the_standby_takes_over_and_finishes(chain: BareChain, state_url: str, tmp_path: Path) -> None:
    rig = Rig(chain, state_url, changes={"bump_seconds": 1e9})
    rig.queue(3)
    rig.engine.dispose()
    sent = tmp_path / "sent"

    def lead() -> None:
        leader = Rig(chain, state_url, number=rig.number)
        leader.step()
        sent.touch()

    leader = in_a_process(lead)
    try:
        wait_until(sent.exists, "the leader does not send")
        rig.step(2)
        assert not rig.parts.writer.health.leads
        assert rig.parts.writer.health.ready
    finally:
        os.kill(leader, signal.SIGKILL)
        os.waitpid(leader, 0)

    def takes_over() -> bool:
        rig.step()
        return rig.parts.writer.health.leads

    wait_until(takes_over, "the standby does not take over", seconds=20)
    rig.finish()
    assert rig.tally() == [1, 1, 1]
    assert len(rig.sent()) == 3
    rig.close()


def test_lease_that_the_server_ends_is_noticed(databases: Databases, tmp_path: Path) -> None:
    engine = open_database(databases.make("postgresql", tmp_path))
    first, second = (lease_for(engine, chain_id=1, signer="0xA") for _ in range(2))
    assert first.hold()
    assert first.hold()
    assert not second.hold()
    assert lease_for(engine, chain_id=2, signer="0xA").hold()
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        )
    assert not first.hold()
    assert second.hold()
    second.release()
    assert first.hold()
    first.release()
    engine.dispose()


def test_two_writers_that_both_believe_to_lead_send_each_job_once(chain: BareChain, state_url: str) -> None:
    one = Rig(chain, state_url, changes={"bump_seconds": 1e9})
    other = Rig(chain, state_url, changes={"bump_seconds": 1e9}, number=one.number)
    one.queue(6)

    async def both() -> None:
        stop = asyncio.Event()
        one.now = other.now = 1100.0
        await asyncio.gather(one.parts.writer.connect(), other.parts.writer.connect())
        # a conflict of the two in the database is logged and tried again by the writer's loop
        await asyncio.gather(one.parts.writer.step(stop), other.parts.writer.step(stop), return_exceptions=True)
        await one.parts.chain.close()
        await other.parts.chain.close()

    asyncio.run(both())
    other.engine.dispose()
    one.restart()
    one.finish()
    assert one.tally() == [1] * 6
    assert len(one.sent()) == 6
    one.close()


def alternating(count: int) -> list[str]:
    """Statements whose turns go around among relayers: a hash's would be all of one relayer's now and then."""
    return [f"0x{number:064x}" for number in range(1, count + 1)]


def test_two_keys_take_turns_and_neither_pays_for_what_the_other_has_done(
    chain: BareChain, databases: Databases, tmp_path: Path
) -> None:
    rigs = []
    for index in range(2):
        folder = tmp_path / str(index)
        folder.mkdir()
        turns = TurnSettings(index=index, relayers=2, seconds=100.0)
        rigs.append(Rig(chain, databases.make("sqlite", folder), changes={"turns": turns}))
    for statement in alternating(8):
        for rig in rigs:
            rig.queue_as(rigs[0].target, mode=ONCE, statement=statement)
    for _ in range(30):
        for rig in rigs:
            rig.step(seconds=5.0)
        chain.mine()
    first, second = rigs
    assert first.tally() == [1] * 8
    assert len(first.sent()) + len(second.sent()) == 8
    assert {len(rig.sent()) > 0 for rig in rigs} == {True}
    assert set(first.states()) | set(second.states()) <= {"finalized", "already_on_chain"}
    for rig in rigs:
        rig.close()


def test_other_relayer_is_down_its_turns_are_taken(chain: BareChain, databases: Databases, tmp_path: Path) -> None:
    turns = TurnSettings(index=1, relayers=2, seconds=100.0)
    rig = Rig(chain, databases.make("sqlite", tmp_path), changes={"turns": turns})
    for statement in alternating(6):
        rig.queue_as(rig.target, mode=ONCE, statement=statement)
    rig.step(3, mine=1)
    assert rig.states().count("queued") == 3
    rig.finish()
    assert rig.tally() == [1] * 6
    rig.close()


def test_hold_database_gone_is_an_error_not_leadership(databases: Databases, tmp_path: Path) -> None:
    engine = open_database(databases.make("postgresql", tmp_path))
    gone = open_database(databases.make("postgresql", tmp_path))
    gone.dispose()
    lease = lease_for(gone, chain_id=1, signer="0xA")
    with engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        autocommit.exec_driver_sql(f"DROP DATABASE {gone.url.database} WITH (FORCE)")
    with pytest.raises(SQLAlchemyError):
        lease.hold()
    engine.dispose()
