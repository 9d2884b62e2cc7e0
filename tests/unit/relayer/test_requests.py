"""What an operator asks for: kept in the database, done once, and never lost."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from relayer.outbox.models import JobRow
from relayer.outbox.request_store import NotRetriableError, RequestKind, RequestStore
from relayer.outbox.transitions import move
from relayer.outbox.views import UnknownJobError
from relayer.policy_settings import ChainPolicy
from relayer.requests import NoReplacer, RequestDesk
from relayer.states import JobState
from tests.unit.relayer.test_policy_store import Desk as Intake
from tests.unit.relayer.test_policy_store import open_database


class Replaced:
    """Says what it was asked for."""

    async def bump(self, job_id: int) -> str:
        return f"bumped {job_id}"

    async def cancel(self, job_id: int) -> str:
        return f"cancelled {job_id}"


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    made = Intake(open_database(f"sqlite:///{tmp_path}/relayer.db"), {1: ChainPolicy(heartbeat_seconds=3600)})
    made.take(7)
    made.take(8)
    return made


@pytest.fixture
def store(intake: Intake) -> RequestStore:
    return RequestStore(intake.engine, lambda: 5.0)


def put(intake: Intake, job_id: int, *states: JobState) -> None:
    with Session(intake.engine) as session, session.begin():
        for state in states:
            move(session, session.get_one(JobRow, job_id), state, at=1.0, reason="test")


def carry_out(store: RequestStore, replacer: object = None) -> None:
    desk = RequestDesk(store, chain_id=1, chain_name="home", replacer=replacer or Replaced())  # type: ignore[arg-type] # a stand-in
    asyncio.run(desk.carry_out())


@pytest.mark.parametrize(("kind", "outcome"), [("bump", "bumped 1"), ("cancel", "cancelled 1")])
def test_carry_out_each_request_is_done_once(store: RequestStore, kind: str, outcome: str) -> None:
    number = store.ask(RequestKind(kind), 1, made_by="command")
    assert store.outcome(number) is None
    carry_out(store)
    assert (store.outcome(number), store.open_for(1)) == (outcome, [])


def test_carry_out_what_cannot_be_done_says_why_and_is_not_asked_again(store: RequestStore) -> None:
    number = store.ask(RequestKind.BUMP, 1, made_by="command")
    carry_out(store, NoReplacer())
    assert str(store.outcome(number)).startswith("not done: the transaction of job 1 cannot be replaced")
    assert store.open_for(1) == []


def test_ask_unknown_job_is_refused(store: RequestStore) -> None:
    with pytest.raises(UnknownJobError, match="there is no job 99"):
        store.ask(RequestKind.CANCEL, 99, made_by="command")


def test_open_for_another_chain_is_empty(store: RequestStore) -> None:
    store.ask(RequestKind.BUMP, 1, made_by="command")
    assert store.open_for(2) == []


def test_retry_rejected_job_is_queued_with_an_audit_row(intake: Intake, store: RequestStore) -> None:
    put(intake, 1, JobState.REJECTED)
    number = store.ask(RequestKind.RETRY, 1, made_by="http")
    carry_out(store)
    assert store.outcome(number) == "job 1 was rejected and is queued"
    assert intake.states()[0] == "queued"


def test_retry_skipped_job_overrules_the_policy(intake: Intake, store: RequestStore) -> None:
    (skipped,) = [job for job in intake.jobs() if job.state is JobState.SKIPPED]
    store.retry(skipped.id, made_by="command")
    assert intake.states() == ["queued", "queued"]


def test_retry_queued_job_waits_no_longer(intake: Intake, store: RequestStore) -> None:
    with Session(intake.engine) as session, session.begin():
        session.get_one(JobRow, 1).retry_at = 10.0**9
    store.retry(1, made_by="command")
    with Session(intake.engine) as session:
        assert session.get_one(JobRow, 1).retry_at == 0.0


@pytest.mark.parametrize("states", [(JobState.SENT,), (JobState.SENT, JobState.INCLUDED), (JobState.SEEN_ON_CHAIN,)])
def test_retry_job_under_way_is_refused(intake: Intake, store: RequestStore, states: tuple[JobState, ...]) -> None:
    put(intake, 1, *states)
    with pytest.raises(NotRetriableError, match=f"job 1 is {states[-1]}"):
        store.retry(1, made_by="command")
    assert intake.states()[0] == states[-1]


def test_pause_and_resume_last_across_processes(intake: Intake, store: RequestStore) -> None:
    desk = RequestDesk(store, chain_id=1, chain_name="home", replacer=Replaced())
    assert not desk.paused
    store.pause(1, "moving the node")
    assert desk.paused
    pause = RequestStore(intake.engine).paused(1)
    assert pause is not None
    assert (pause.since, pause.reason) == (5.0, "moving the node")
    assert RequestStore(intake.engine).paused(2) is None
    assert store.resume(1)
    assert not store.resume(1)
    assert not desk.paused
