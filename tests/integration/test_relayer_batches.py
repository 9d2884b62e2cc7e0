"""Jobs that share a transaction: they land together once, or singly when they cannot; the blocks are the judge."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from relayer.batching import batch_of
from relayer.outbox import transitions
from relayer.outbox.models import JobRow
from relayer.outbox.operator_store import NotPossibleError
from relayer.outbox.records import JobRecord
from relayer.outbox.transitions import queued
from relayer.policy_settings import ChainPolicy
from relayer.states import JobState
from tests.integration.databases import Databases
from tests.integration.relayer_rig import MULTICALL, ONCE, BareChain, Rig, bare_chain

CALM = {"bump_seconds": 1e9, "maximum_fee_per_gas_wei": 10**13}


@pytest.fixture(scope="module")
def chain() -> Iterator[BareChain]:
    with bare_chain() as made:
        made.add_multicall()
        yield made


MakeRig = Callable[..., Rig]


@pytest.fixture
def make_rig(chain: BareChain, tmp_path: Path) -> Iterator[MakeRig]:
    made: list[Rig] = []

    def make(url: str = f"sqlite:///{tmp_path}/relayer.db", **changes: object) -> Rig:
        made.append(Rig(chain, url, changes={"multicall": MULTICALL, **CALM, **changes}))
        return made[-1]

    yield make
    for rig in made:
        rig.close()


def batches(rig: Rig) -> list[Any]:
    return [job for job in rig.jobs() if job.kind == "batch"]


def finish(rig: Rig, steps: int = 15) -> None:
    for _ in range(steps):
        if not rig.has_open_jobs():
            return
        rig.step(mine=1, seconds=61.0)
    raise AssertionError(f"not settled: {[(job.id, job.state, job.error) for job in rig.jobs()]}")


def test_jobs_share_a_transaction_and_each_keeps_its_own_history(make_rig: MakeRig, state_url: str) -> None:
    rig = make_rig(state_url)
    jobs = rig.queue(5, mode=ONCE)
    finish(rig)
    assert rig.tally() == [1] * 5
    assert len(rig.sent()) == 1
    (batch,) = batches(rig)
    assert rig.attempts(batch.id)[0].hash == batch.transaction
    assert batch.gas_used > 5 * 22_000
    for job in jobs:
        assert rig.history(job) == ["queued", "sent", "included", "finalized"]
    for job in rig.jobs()[:5]:
        assert (job.batch_id, job.transaction, job.block_number) == (batch.id, batch.transaction, batch.block_number)
        # counted once, at the batch
        assert (job.gas_used, rig.attempts(job.id)) == (None, [])


def test_batch_jobs_setting_limits_how_many_share_one(make_rig: MakeRig) -> None:
    rig = make_rig(batch_jobs=2)
    rig.queue(5)
    finish(rig)
    assert rig.tally() == [1] * 5
    assert [sum(job.batch_id == batch.id for job in rig.jobs()) for batch in batches(rig)] == [2, 2]
    assert len(rig.sent()) == 3


def test_one_that_fails_in_simulation_leaves_the_others_together(make_rig: MakeRig) -> None:
    rig = make_rig()
    _, taken, _ = rig.queue(3, mode=ONCE)
    rig.compete(taken)
    rig.chain.mine()
    finish(rig)
    assert rig.tally() == [1, 1, 1]
    assert rig.states() == ["finalized", "already_on_chain", "finalized", "finalized"]
    assert len(rig.sent()) == 1


def test_batch_that_simulation_refuses_is_sent_singly(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.queue(2, mode=ONCE)
    # both succeed alone, and not one after the other
    with rig.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE jobs SET calldata = (SELECT calldata FROM jobs WHERE id = 1), statement_id = "
            "(SELECT statement_id FROM jobs WHERE id = 1)"
        )
    finish(rig)
    assert (batches(rig), rig.tally()) == ([], [1, 1])
    assert sorted(rig.states()) == ["already_on_chain", "finalized"]


def test_multicall_without_code_is_not_believed_and_jobs_go_singly(make_rig: MakeRig) -> None:
    rig = make_rig(multicall="0x00000000000000000000000000000000000000CC")
    rig.queue(3)
    finish(rig)
    assert (batches(rig), rig.tally(), len(rig.sent())) == ([], [1, 1, 1], 3)


def test_batch_that_reverts_in_its_block_is_given_up_and_the_good_ones_land_singly(make_rig: MakeRig) -> None:
    rig = make_rig()
    good, taken, other = rig.queue(3, mode=ONCE)
    rig.step()
    rig.compete(taken)
    finish(rig)
    (batch,) = batches(rig)
    assert rig.tally() == [1, 1, 1]
    assert batch.state == "rejected"
    assert "reverted in block" in str(batch.error)
    assert rig.history(good) == ["queued", "sent", "queued", "sent", "included", "finalized"]
    assert rig.history(taken)[-1] == "already_on_chain"
    # the batch, and one each for the two others: none of them is put into a batch again
    assert len(rig.sent()) == 3
    assert rig.history(other) == rig.history(good)


@pytest.mark.parametrize("depth", [1, 3])
def test_reorganised_batch_goes_back_with_all_its_jobs_and_lands_once(make_rig: MakeRig, depth: int) -> None:
    rig = make_rig()
    rig.queue(3, mode=ONCE)
    rig.step(mine=1)
    rig.step()
    assert set(rig.states()) == {"included"}
    rig.chain.mine(depth - 1)
    rig.chain.ask("anvil_reorg", depth, [])
    rig.step()
    assert set(rig.states()) == {"sent"}
    finish(rig)
    assert rig.tally() == [1, 1, 1]
    assert len(rig.sent()) == 1


def test_bump_of_one_replaces_the_transaction_of_all(make_rig: MakeRig) -> None:
    rig = make_rig()
    first, *_ = rig.queue(3)
    rig.step()
    rig.desk.bump(first)
    rig.step()
    (batch,) = batches(rig)
    attempts = rig.attempts(batch.id)
    assert [attempt.replacement for attempt in attempts] == [0, 1]
    finish(rig)
    assert rig.tally() == [1, 1, 1]
    assert [each["hash"] for each in rig.sent()] == [attempts[1].hash]


def test_cancel_of_one_ends_it_and_the_others_land_singly(make_rig: MakeRig) -> None:
    rig = make_rig()
    jobs = rig.queue(3)
    rig.step()
    rig.desk.cancel(jobs[1])
    finish(rig)
    (batch,) = batches(rig)
    assert batch.state == "cancelled"
    assert rig.tally() == [1, 0, 1]
    assert rig.history(jobs[1]) == ["queued", "sent", "queued", "cancelled"]
    with pytest.raises(NotPossibleError, match="is a batch"):
        rig.desk.retry(batch.id)


def test_cancel_of_one_too_late_is_success_of_all(make_rig: MakeRig) -> None:
    rig = make_rig()
    jobs = rig.queue(3)
    rig.step(mine=1)
    rig.desk.cancel(jobs[1])
    finish(rig)
    assert rig.tally() == [1, 1, 1]
    assert len(rig.sent()) == 1


def test_deadline_of_one_in_flight_calls_the_batch_off_and_costs_only_that_one(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.queue(2)
    rig.queue(1, expires_at=rig.chain.now + 600)
    rig.step()
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[3].transaction)
    rig.chain.pass_time(600)
    finish(rig)
    assert rig.tally() == [1, 1, 0]
    assert rig.states() == ["finalized", "finalized", "expired", "expired"]


def test_budget_that_holds_only_single_jobs_sends_them_singly(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.queue(1)
    finish(rig)
    (attempt,) = rig.attempts(1)
    one = attempt.gas_limit * attempt.maximum_fee
    rig.changes["policy"] = ChainPolicy(budget_per_hour_wei=3 * one)
    rig.restart()
    rig.now += 10_000
    rig.queue(8)
    rig.step()
    sent = [job for job in rig.jobs() if job.state == "sent"]
    assert 1 <= len(sent) <= 3
    assert batches(rig) == []
    waiting = next(job for job in rig.jobs() if job.state == "queued")
    assert "budget_per_hour_wei" in str(waiting.error)


def test_more_gas_than_a_transaction_may_have_is_split(make_rig: MakeRig, chain: BareChain) -> None:
    rig = make_rig()
    # 1.5 million gas each, so that eleven fit under EIP-7825's cap: PUSH3 n, JUMPDEST, 1 SUB DUP1 PUSH1 4 JUMPI, STOP
    burner = "0x6200e15c5b600190038060045700"
    target = "0x00000000000000000000000000000000000Bad00"
    chain.ask("anvil_setCode", target, burner)
    for _ in range(14):
        rig.queue_as(target, mode=0)
    finish(rig)
    sizes = [sum(job.batch_id == batch.id for job in rig.jobs()) for batch in batches(rig)]
    assert sum(sizes) == 14
    assert len(sizes) == 2
    for batch in batches(rig):
        assert rig.attempts(batch.id)[0].gas_limit <= 16_777_216
        assert batch.state == "finalized"


def goes_elsewhere(rig: Rig, job: int) -> None:
    """Another writer, with an older look at the job, has called it off."""
    with rig.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE jobs SET state = 'expired' WHERE id = {job}")


def test_member_that_has_gone_elsewhere_holds_up_no_other(make_rig: MakeRig) -> None:
    rig = make_rig()
    jobs = rig.queue(3)
    rig.step()
    goes_elsewhere(rig, jobs[1])
    finish(rig)
    assert rig.states() == ["finalized", "expired", "finalized", "finalized"]
    assert rig.tally() == [1, 1, 1]


def test_member_that_has_gone_elsewhere_is_not_tried_again_with_the_others(make_rig: MakeRig) -> None:
    rig = make_rig()
    jobs = rig.queue(3, mode=ONCE)
    rig.step()
    goes_elsewhere(rig, jobs[1])
    rig.compete(jobs[2])
    finish(rig)
    assert rig.states() == ["finalized", "expired", "already_on_chain", "rejected"]
    assert rig.tally() == [1, 0, 1]


def test_batch_of_the_same_jobs_as_one_before_is_sent_singly(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.queue(2)
    with Session(rig.engine) as session, session.begin():
        members = [JobRecord.of(row) for row in session.scalars(select(JobRow).order_by(JobRow.id))]
        batch = batch_of(members, chain_id=rig.chain.chain_id, multicall=MULTICALL)
        row = queued(batch, inference_id=None, depends_on=None, expires_at=None, now=rig.now)
        session.add(row)
        row.state = JobState.REJECTED
        session.flush()
        transitions.record(session, row, old=None, at=rig.now, reason="queued by an older release")
    finish(rig)
    assert rig.states() == ["finalized", "finalized", "rejected"]
    assert rig.tally() == [1, 1]


CHANGES = [
    (JobState.QUEUED, JobState.SENT),
    (JobState.SENT, JobState.INCLUDED),
    (JobState.INCLUDED, JobState.FINALIZED),
    (JobState.SENT, JobState.QUEUED),
    (JobState.INCLUDED, JobState.SENT),
]


def die_amid(change: tuple[JobState, JobState], number: int, moment: str) -> None:
    """This process ends by SIGKILL at the so-many-th such change: at once, or before or after it is stored."""
    seen = 0
    really_record = transitions.record
    armed: set[int] = set()

    def record(session: Session, row: Any, **about: Any) -> None:
        nonlocal seen
        really_record(session, row, **about)
        if (about["old"], row.state) == change:
            seen += 1
            if seen == number and moment == "amid":
                os.kill(os.getpid(), signal.SIGKILL)
            armed.add(id(session))

    def die(session: Session) -> None:
        if id(session) in armed:
            os.kill(os.getpid(), signal.SIGKILL)

    transitions.record = record
    if moment == "after":
        event.listen(Session, "after_commit", die)


def killed_in_a_child(course: Callable[[], None]) -> int:
    """A process of its own takes the course; returns how it ended."""
    child = os.fork()
    if child == 0:
        try:
            # the parent's loop must not be found running here
            asyncio.set_event_loop(None)
            course()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


# the transactions of both databases are tested at every change in test_relayer_kills.py
@pytest.mark.parametrize(("moment", "kind"), [("amid", "sqlite"), ("after", "postgresql")])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: "-".join(change))
def test_killed_amid_a_batch_nothing_is_lost_or_sent_twice(
    chain: BareChain, databases: Databases, tmp_path: Path, change: tuple[JobState, JobState], moment: str, kind: str
) -> None:
    url = databases.make(kind, tmp_path)
    mode = {"multicall": MULTICALL, **CALM}
    rig = Rig(chain, url, changes=mode)
    jobs = rig.queue(3, mode=ONCE)
    rig.engine.dispose()

    def course() -> None:
        child = Rig(chain, url, changes=mode, number=rig.number)
        die_amid(change, 2, moment)
        child.step()
        if change == (JobState.SENT, JobState.QUEUED):
            child.compete(jobs[1])
        chain.mine()
        child.step()
        if change == (JobState.INCLUDED, JobState.SENT):
            chain.ask("anvil_reorg", 1, [])
        child.step(5, mine=1)

    assert killed_in_a_child(course) == -signal.SIGKILL
    states = rig.states()
    # a batch and its jobs are at the same place, whenever the process died
    assert len(set(states)) == 1 or change == (JobState.SENT, JobState.QUEUED)
    rig.now = 20_000.0
    finish(rig, 20)
    assert rig.tally() == [1, 1, 1]
    nonces = [int(each["nonce"], 16) for each in rig.sent()]
    assert nonces == list(range(len(nonces)))
    assert len(nonces) <= (3 if change == (JobState.SENT, JobState.QUEUED) else 1)
    rig.close()
