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
from relayer.outbox.intake_store import IntakeStore
from relayer.planning import PlannedJob
from relayer.policy_settings import ChainPolicy
from relayer.states import EFFECTIVE, TRANSITIONS, JobState
from statements.job import Job, JobKind
from tests.integration.databases import Databases
from tests.integration.relayer_rig import ONCE, REFUSED, BareChain, Rig, bare_chain
from tests.unit.relayer import makers

Change = tuple[JobState, JobState]

DEADLINE = 3_600
"""Seconds of the chain's time that a job which is to expire has."""


def steps(rig: Rig, count: int) -> None:
    rig.step(count, mine=1)


def send_then(rig: Rig, *after: Callable[[], object]) -> None:
    rig.step()
    for each in after:
        each()
    steps(rig, 5)


def seen_then_reorganised(rig: Rig) -> None:
    rig.compete()
    rig.chain.mine()
    rig.step()
    rig.chain.ask("anvil_reorg", 1, [])
    steps(rig, 5)


def included_then_reorganised(rig: Rig) -> None:
    rig.step(mine=1)
    rig.step()
    rig.chain.ask("anvil_reorg", 1, [])
    steps(rig, 5)


def retried(rig: Rig, *before: Callable[[], object]) -> None:
    for each in before:
        each()
    rig.desk.retry(1)


def publish(rig: Rig, epoch: int, seconds: float = 0.0) -> None:
    """A proof by a source whose asset has a heartbeat of an hour; a source that was cut off is asked again."""
    rig.now += seconds
    inference = makers.inference(epoch=epoch)
    statement, chain_id = inference.statement_id, rig.chain.chain_id
    call = f"{statement}{ONCE:064x}"
    job = Job(kind=JobKind.SUBMIT, statement_id=statement, chain_id=chain_id, target=rig.target, calldata=call)
    store = IntakeStore(rig.engine, lambda: rig.now, {chain_id: ChainPolicy(heartbeat_seconds=3600)})
    if store.is_news("validator", statement, [PlannedJob(job)]):
        store.take(makers.publication(inference, [], cursor=epoch), [PlannedJob(job)])
    store.reconsider()


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
    (JobState.QUEUED, JobState.SEEN_ON_CHAIN): lambda rig: (rig.compete(), rig.chain.mine(), steps(rig, 5))[2],
    (JobState.SEEN_ON_CHAIN, JobState.ALREADY_ON_CHAIN): lambda rig: (
        rig.compete(),
        rig.chain.mine(),
        steps(rig, 5),
    )[2],
    (JobState.SEEN_ON_CHAIN, JobState.QUEUED): seen_then_reorganised,
    (JobState.SENT, JobState.QUEUED): lambda rig: send_then(rig, lambda: rig.compete()),
    (JobState.SENT, JobState.CANCELLED): lambda rig: send_then(rig, lambda: rig.desk.cancel(1)),
    (JobState.QUEUED, JobState.EXPIRED): lambda rig: (rig.chain.pass_time(DEADLINE), rig.step())[1],
    (JobState.SENT, JobState.EXPIRED): expired_in_flight,
    (JobState.QUEUED, JobState.REJECTED): lambda rig: rig.step(),
}
"""What leads to each change that a writer makes."""

DESK: dict[Change, Callable[[Rig], None]] = {
    (JobState.QUEUED, JobState.CANCELLED): lambda rig: (rig.desk.cancel(1), None)[1],
    (JobState.CANCELLED, JobState.QUEUED): lambda rig: retried(rig, lambda: rig.desk.cancel(1)),
    (JobState.REJECTED, JobState.QUEUED): lambda rig: retried(rig, rig.step),
    (JobState.EXPIRED, JobState.QUEUED): lambda rig: retried(rig, lambda: rig.chain.pass_time(DEADLINE), rig.step),
    (JobState.SKIPPED, JobState.QUEUED): lambda rig: (publish(rig, 1), publish(rig, 2), publish(rig, 2, 4000.0))[2],
    (JobState.SKIPPED, JobState.SUPERSEDED): lambda rig: (publish(rig, 1), publish(rig, 2), publish(rig, 3))[2],
}
"""What leads to each change that the operator or the intake makes; the writer has no part in it."""


def test_courses_cover_the_table() -> None:
    table = {(old, new) for old, news in TRANSITIONS.items() for new in news}
    assert set(COURSES) | set(DESK) == table
    assert not set(COURSES) & set(DESK)


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
            (COURSES | DESK)[change](rig)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def kill_at(chain: BareChain, url: str, change: Change, moment: str) -> Rig:
    """Two jobs, and a relayer that is killed at a change of the first."""
    # competitors' tips of earlier tests are in the fee history: a self-send must be allowed to outbid them
    mode = {"bump_seconds": 1e9, "maximum_fee_per_gas_wei": 10**13}
    rig = Rig(chain, url, changes=mode)
    deadline = chain.now + DEADLINE if JobState.EXPIRED in change else None
    rig.queue(mode=REFUSED if JobState.REJECTED in change else ONCE, expires_at=deadline)
    rig.queue()
    rig.engine.dispose()

    def again() -> Rig:
        return Rig(chain, url, changes=mode, number=rig.number)

    assert run_and_die(again, change, moment) == -signal.SIGKILL
    rig.now = 20_000.0
    return rig


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("change", sorted(COURSES), ids=lambda change: "-".join(change))
def test_killed_at_each_change_nothing_is_lost_or_sent_twice(
    chain: BareChain, databases: Databases, tmp_path: Path, change: Change, moment: str, kind: str
) -> None:
    rig = kill_at(chain, databases.make(kind, tmp_path), change, moment)
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


@pytest.mark.parametrize(("moment", "kind"), [("before", "sqlite"), ("after", "postgresql")])
@pytest.mark.parametrize("change", sorted(DESK), ids=lambda change: "-".join(change))
def test_killed_at_each_change_by_operator_or_intake_it_is_made_whole_or_not_at_all(
    chain: BareChain, databases: Databases, tmp_path: Path, change: Change, moment: str, kind: str
) -> None:
    rig = kill_at(chain, databases.make(kind, tmp_path), change, moment)
    changed = 4 if JobState.SKIPPED in change else 1
    assert rig.jobs()[changed - 1].state == change[moment == "after"]
    if JobState.SKIPPED in change:
        DESK[change](rig)
    rig.finish(20)
    assert rig.tally() == [int(job.state in EFFECTIVE) for job in rig.jobs()]
    assert rig.states()[1] == JobState.FINALIZED
    nonces = [int(each["nonce"], 16) for each in rig.sent()]
    assert nonces == list(range(sum(rig.tally())))
    rig.close()
