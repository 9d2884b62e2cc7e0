"""What an operator may change in the outbox, on both databases."""

from collections.abc import Iterator

import pytest

from relayer.outbox.operator_store import NotPossibleError, OperatorStore, Wish
from relayer.outbox.views import UnknownJobError
from relayer.states import JobState
from tests.integration.test_relayer_outbox import Outbox, receipt


@pytest.fixture
def outbox(state_url: str) -> Iterator[Outbox]:
    made = Outbox(state_url)
    yield made
    made.engine.dispose()


@pytest.fixture
def desk(outbox: Outbox) -> OperatorStore:
    return OperatorStore(outbox.engine, lambda: outbox.now)


def test_cancel_queued_job_ends_it_and_nobody_publishes_it_again(outbox: Outbox, desk: OperatorStore) -> None:
    (job,) = outbox.queue(1)
    assert desk.cancel(job) is JobState.CANCELLED
    assert outbox.queue(1, "another") == []
    assert outbox.jobs.due(10) == []
    assert desk.retry(job) is JobState.QUEUED
    assert [event.new for event in outbox.views.job(job).events] == ["queued", "cancelled", "queued"]


def test_cancel_and_bump_of_a_sent_job_are_wishes(outbox: Outbox, desk: OperatorStore) -> None:
    (job,) = outbox.queue(1)
    outbox.send(job)
    assert desk.bump(job) is JobState.SENT
    assert outbox.views.job(job).job.wish == Wish.BUMP
    assert desk.cancel(job) is JobState.SENT
    assert outbox.views.job(job).job.wish == Wish.CANCEL
    outbox.jobs.included(job, outbox.attempts.of_job(job)[0], receipt(5))
    assert outbox.views.job(job).job.wish is None
    for refused in (desk.cancel, desk.bump, desk.retry):
        with pytest.raises(NotPossibleError, match="included"):
            refused(job)


def test_retry_waiting_job_is_due_at_once(outbox: Outbox, desk: OperatorStore) -> None:
    outbox.queue(1)
    (record,) = outbox.jobs.due(10)
    outbox.jobs.postpone(record, "not yet")
    assert outbox.jobs.due(10) == []
    desk.retry(record.id)
    assert [job.id for job in outbox.jobs.due(10)] == [record.id]


def test_bump_queued_job_is_refused(outbox: Outbox, desk: OperatorStore) -> None:
    (job,) = outbox.queue(1)
    with pytest.raises(NotPossibleError, match="only a sent one"):
        desk.bump(job)
    with pytest.raises(UnknownJobError, match="no job 77"):
        desk.cancel(77)


def test_pause_and_resume_are_remembered(desk: OperatorStore) -> None:
    desk.pause(1, "migration of the node")
    desk.pause(1, "still")
    assert desk.paused() == {1: "still"}
    desk.resume(1)
    desk.resume(1)
    assert desk.paused() == {}
