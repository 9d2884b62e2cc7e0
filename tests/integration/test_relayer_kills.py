"""kill -9 at each change of state, just before and after it is stored, on both databases: the blocks are the judge."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from relayer.outbox import transitions
from relayer.states import TRANSITIONS, JobState
from tests.integration.databases import Databases
from tests.integration.relayer_rig import ONCE, REFUSED, BareChain, Rig, bare_chain

Change = tuple[JobState, JobState]

POLICY = {JobState.SKIPPED}
"""Changes from here are the intake's: no writer makes them."""
OPERATOR = {(old, JobState.QUEUED) for old in (JobState.REJECTED, JobState.CANCELLED, JobState.EXPIRED)} | {
    (JobState.QUEUED, JobState.CANCELLED)
}
"""Changes that the operator or the intake makes in one database transaction; the writer has no part in them."""
REJECTED = (JobState.QUEUED, JobState.REJECTED)
"""The only change for whose sake the target has to refuse."""
DEADLINE = 3_600
"""Seconds of the chain's time that a job which is to expire has."""


def competitor_lands(rig: Rig) -> None:
    """Somebody else records what the first job wants to record."""
    (job, *_) = rig.jobs()
    call = {"from": rig.chain.web3.eth.accounts[0], "to": rig.target, "gas": hex(100_000)}
    fees = {"maxFeePerGas": hex(10**12), "maxPriorityFeePerGas": hex(10**11)}
    rig.chain.ask("eth_sendTransaction", {**call, **fees, "data": f"{job.statement_id}{ONCE:064x}"})


def steps(rig: Rig, count: int) -> None:
    rig.step(count, mine=1)


def send_then(rig: Rig, *after: Callable[[], object]) -> None:
    rig.step()
    for each in after:
        each()
    steps(rig, 5)


def seen_then_reorganised(rig: Rig) -> None:
    competitor_lands(rig)
    rig.chain.mine()
    rig.step()
    rig.chain.ask("anvil_reorg", 1, [])
    steps(rig, 5)


def included_then_reorganised(rig: Rig) -> None:
    rig.step(mine=1)
    rig.step()
    rig.chain.ask("anvil_reorg", 1, [])
    steps(rig, 5)


def expired_in_flight(rig: Rig) -> None:
    rig.step()
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[0].transaction)
    rig.chain.pass_time(DEADLINE)
    steps(rig, 5)


COURSES: dict[Change, Callable[[Rig], None]] = {
    (JobState.QUEUED, JobState.SENT): lambda rig: steps(rig, 5),
    (JobState.SENT, JobState.INCLUDED): lambda rig: steps(rig, 5),
    (JobState.INCLUDED, JobState.FINALIZED): lambda rig: steps(rig, 5),
    (JobState.INCLUDED, JobState.SENT): included_then_reorganised,
    (JobState.QUEUED, JobState.SEEN_ON_CHAIN): lambda rig: (competitor_lands(rig), rig.chain.mine(), steps(rig, 5))[2],
    (JobState.SEEN_ON_CHAIN, JobState.ALREADY_ON_CHAIN): lambda rig: (
        competitor_lands(rig),
        rig.chain.mine(),
        steps(rig, 5),
    )[2],
    (JobState.SEEN_ON_CHAIN, JobState.QUEUED): seen_then_reorganised,
    (JobState.SENT, JobState.QUEUED): lambda rig: send_then(rig, lambda: competitor_lands(rig)),
    (JobState.SENT, JobState.CANCELLED): lambda rig: send_then(rig, lambda: rig.desk.cancel(1)),
    (JobState.QUEUED, JobState.EXPIRED): lambda rig: (rig.chain.pass_time(DEADLINE), rig.step())[1],
    (JobState.SENT, JobState.EXPIRED): expired_in_flight,
    (JobState.QUEUED, JobState.REJECTED): lambda rig: rig.step(),
}
"""What leads to each change that a writer makes."""


def test_courses_cover_the_table() -> None:
    writers = {(old, new) for old, news in TRANSITIONS.items() if old not in POLICY for new in news}
    assert set(COURSES) == writers - OPERATOR


@pytest.fixture(scope="module")
def chain() -> Iterator[BareChain]:
    with bare_chain() as made:
        yield made


def die_at(change: Change, moment: str) -> None:
    """From now on this process ends by SIGKILL when a session stores this change: just before, or just after."""
    pending: set[int] = set()
    really_record = transitions.record

    def record(session: Session, row: object, **about: object) -> None:
        really_record(session, row, **about)  # type: ignore[arg-type]
        if (about["old"], getattr(row, "state", None)) == change:
            pending.add(id(session))

    transitions.record = record  # type: ignore[assignment]

    def die(session: Session) -> None:
        if id(session) in pending:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Session, "before_commit" if moment == "before" else "after_commit", die)


def run_and_die(make: Callable[[], Rig], change: Change, moment: str) -> int:
    """A real process runs the course until it is killed; returns how it ended."""
    child = os.fork()
    if child == 0:
        try:
            # the parent's loop must not be found running here
            asyncio.set_event_loop(None)
            rig = make()
            die_at(change, moment)
            COURSES[change](rig)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("change", sorted(COURSES), ids=lambda change: "-".join(change))
def test_killed_at_each_change_nothing_is_lost_or_sent_twice(
    chain: BareChain, databases: Databases, tmp_path: Path, change: Change, moment: str, kind: str
) -> None:
    url = databases.make(kind, tmp_path)
    # competitors' tips of earlier tests are in the fee history: a self-send must be allowed to outbid them
    mode = {"bump_seconds": 1e9, "maximum_fee_per_gas_wei": 10**13}
    rig = Rig(chain, url, changes=mode)
    deadline = chain.now + DEADLINE if JobState.EXPIRED in change else None
    rig.queue(mode=REFUSED if change == REJECTED else ONCE, expires_at=deadline)
    rig.queue()
    rig.engine.dispose()

    def again() -> Rig:
        return Rig(chain, url, changes=mode, number=rig.number)

    assert run_and_die(again, change, moment) == -signal.SIGKILL
    rig.now = 20_000.0
    if change == (JobState.SENT, JobState.CANCELLED) and rig.states()[0] == "sent":
        assert len(rig.attempts(1)) == 2
    rig.finish(20)
    called_off = {"cancelled", "expired", "rejected"} & set(rig.states())
    assert rig.tally() == [0 if called_off else 1, 1]
    # each nonce once, and none beyond what was signed
    nonces = [int(each["nonce"], 16) for each in rig.sent()]
    assert nonces == list(range(len(nonces)))
    assert len(nonces) <= 2
    rig.close()
