"""The outbox on both databases, and under random sequences of what can happen, against the state table."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from alembic.command import upgrade
from alembic.migration import MigrationContext
from eth_utils.crypto import keccak
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relayer.chain_data import Receipt
from relayer.fees import Fees
from relayer.finality import BlockReference
from relayer.keys import SignedTransaction
from relayer.nonces import Nonce, NonceView
from relayer.outbox.attempt_store import AttemptStore
from relayer.outbox.database import open_database
from relayer.outbox.intake_store import IntakeStore
from relayer.outbox.job_store import JobStore
from relayer.outbox.models import Base
from relayer.outbox.outlays import OutlayReader
from relayer.outbox.records import JobRecord, Terms
from relayer.outbox.views import UnknownJobError, Views
from relayer.planning import PlannedJob
from relayer.spending import ALWAYS, Outlay
from relayer.states import SETTLED, TRANSITIONS, IllegalTransitionError, JobState
from statements.errors import ConfigurationError
from statements.job import Job, JobKind
from statements.quantities import Wei
from tests.unit.relayer.makers import FEED_HOME, inference, publication

SIGNER = "0xSigner"
FIRST_RELEASE = (
    "INSERT INTO chains VALUES (1, '0x01')",
    "INSERT INTO inferences VALUES (1, '0x02', 'validator', 1, '0x03', '0x04', '0x05', 7, 1.0, 2.0, '{}')",
    "INSERT INTO jobs (id, key, kind, statement_id, chain_id, target, calldata, inference_id, state, failures,"
    " retry_at, taken_at) VALUES (1, 'k', 'submit', '0x02', 1, '0xf1', '0x01', 1, 'sent', 0, 0.0, 2.0)",
    "INSERT INTO attempts (id, job_id, chain_id, signer, nonce, replacement, hash, raw, gas_limit, maximum_fee, tip,"
    " signed_at) VALUES (1, 1, 1, '0xSigner', 4, 0, '0x06', '0x02', 21000, 100, 1, 3.0)",
    "INSERT INTO job_events VALUES (1, 1, 2.0, NULL, 'queued', 'published')",
)
"""A job in flight, as the first release's schema holds it."""
TERMS = Terms(Fees(maximum=Wei(100), tip=Wei(1)), gas_limit=21_000)


def planned(epoch: int, depends_on: PlannedJob | None = None, kind: JobKind = JobKind.SUBMIT) -> PlannedJob:
    job = Job(
        kind=kind,
        statement_id=inference(epoch=epoch).statement_id,
        chain_id=1,
        target=FEED_HOME,
        calldata="0x01",
    )
    return PlannedJob(job, depends_on.job.key if depends_on else None)


class Outbox:
    """An outbox in a database of its own, with a clock."""

    def __init__(self, url: str) -> None:
        self.now = 100.0
        self.engine = open_database(url)
        self.intake = IntakeStore(self.engine, lambda: self.now)
        self.jobs = JobStore(self.engine, chain_id=1, clock=lambda: self.now)
        self.attempts = AttemptStore(self.engine, chain_id=1, signer=SIGNER, clock=lambda: self.now)
        self.views = Views(self.engine, {1: "home"})

    def queue(self, epoch: int, validator: str = "validator") -> list[int]:
        what = publication(inference(epoch=epoch), [], cursor=epoch + 1, validator=validator)
        return self.intake.take(what, [planned(epoch)])

    def send(self, job_id: int, *, latest: int = 0, fail: bool = False) -> None:
        def sign(nonce: Nonce) -> SignedTransaction:
            if fail:
                raise RuntimeError("the signer is away")
            raw = b"\x02" + nonce.to_bytes(8, "big")
            return SignedTransaction(raw=raw, hash="0x" + keccak(raw).hex())

        self.attempts.store_first(job_id, nonces=NonceView(latest, latest), terms=TERMS, chain_time=self.now, sign=sign)

    def state(self, job_id: int) -> JobState:
        return self.views.job(job_id).job.state


@pytest.fixture
def outbox(state_url: str) -> Iterator[Outbox]:
    made = Outbox(state_url)
    yield made
    made.engine.dispose()


def test_open_database_schema_equals_the_models(state_url: str) -> None:
    from alembic.autogenerate import compare_metadata

    engine = open_database(state_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_open_database_state_of_the_first_release_keeps_its_rows(state_url: str, monkeypatch: Any) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("alembic.command.upgrade", lambda config, _: upgrade(config, "0001"))
        old = open_database(state_url)
    with old.begin() as connection:
        for statement in FIRST_RELEASE:
            connection.exec_driver_sql(statement)
    old.dispose()
    engine = open_database(state_url)
    (job,) = Views(engine, {}).jobs().jobs
    (attempt,) = AttemptStore(engine, chain_id=1, signer=SIGNER).of_job(job.id)
    assert (job.state, job.epoch, job.expires_at, attempt.nonce) == (JobState.SENT, 7, None, 4)


@pytest.mark.parametrize(
    ("batch", "expected"), [("queued", (None, True)), ("finalized", (None, True)), ("sent", (1, False))]
)
def test_open_database_jobs_of_an_older_kind_of_batch_go_singly_once_it_has_ended(
    state_url: str, monkeypatch: Any, batch: str, expected: tuple[int | None, bool]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("alembic.command.upgrade", lambda config, _: upgrade(config, "0003"))
        old = open_database(state_url)
    insert = (
        "INSERT INTO jobs (id, key, kind, statement_id, chain_id, target, calldata, depends_on, state, failures,"
        " retry_at, taken_at) VALUES "
    )
    with old.begin() as connection:
        connection.exec_driver_sql(
            f"{insert} (1, 'b', 'batch', '0x01', 1, '0xf1', '0x01', NULL, '{batch}', 0, 0.0, 2.0)"
        )
        connection.exec_driver_sql(f"{insert} (2, 'o', 'observe', '0x02', 1, '0xf1', '0x01', 1, 'queued', 0, 0.0, 2.0)")
    old.dispose()
    engine = open_database(state_url)
    with engine.connect() as connection:
        (found,) = connection.exec_driver_sql("SELECT depends_on, singly FROM jobs WHERE id = 2").all()
    assert (found.depends_on, bool(found.singly)) == expected


def test_open_database_sqlite_survives_a_power_cut(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/relayer.db")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////nowhere/at/all/relayer.db", "oracle9://x"])
def test_open_database_unusable_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="state"):
        open_database(url)


def test_open_database_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "relayer.db").write_text("this is a poem, not a database; " * 100)
    with pytest.raises(ConfigurationError, match="not a database"):
        open_database(f"sqlite:///{tmp_path}/relayer.db")


def test_store_attempt_signing_fails_leaks_no_nonce(outbox: Outbox) -> None:
    (job,) = outbox.queue(1)
    with pytest.raises(RuntimeError):
        outbox.send(job, fail=True)
    assert outbox.state(job) is JobState.QUEUED
    assert outbox.attempts.stored_nonces(0) == set()
    outbox.send(job)
    assert outbox.attempts.stored_nonces(0) == {0}


def test_store_attempt_twice_is_illegal_and_changes_nothing(outbox: Outbox) -> None:
    (job,) = outbox.queue(1)
    outbox.send(job)
    with pytest.raises(IllegalTransitionError):
        outbox.send(job)
    assert outbox.attempts.stored_nonces(0) == {0}
    assert len(outbox.views.job(job).events) == 2


def test_due_dependent_job_waits_for_the_other(outbox: Outbox) -> None:
    first = planned(1, kind=JobKind.ATTEST)
    attest, submit = outbox.intake.take(publication(inference(epoch=1), []), [first, planned(1, first)])
    assert [job.id for job in outbox.jobs.due(10)] == [attest]
    outbox.send(attest)
    assert outbox.jobs.due(10) == []
    (record,) = outbox.jobs.in_flight()
    outbox.jobs.included(record.id, outbox.attempts.of_job(attest)[0], receipt(5))
    assert [job.id for job in outbox.jobs.due(10)] == [submit]


def test_postpone_job_is_due_again_later(outbox: Outbox) -> None:
    outbox.queue(1)
    (job,) = outbox.jobs.due(10)
    wait = outbox.jobs.postpone(job, "not yet")
    assert outbox.jobs.due(10) == []
    outbox.now += wait
    (again,) = outbox.jobs.due(10)
    assert again.failures == 1


def test_reserved_counts_only_what_is_in_flight(outbox: Outbox) -> None:
    (first,), (second,) = outbox.queue(1), outbox.queue(2)
    outbox.send(first)
    outbox.send(second)
    assert outbox.attempts.reserved() == 2 * 21_000 * 100
    outbox.jobs.included(first, outbox.attempts.of_job(first)[0], receipt(5))
    assert outbox.attempts.reserved() == 21_000 * 100


def test_since_what_is_in_flight_counts_whatever_its_age(outbox: Outbox) -> None:
    (job,) = outbox.queue(1)
    outbox.send(job)
    outlays = OutlayReader(outbox.engine, chain_id=1, signer=SIGNER)
    assert outlays.since(10**6) == [Outlay(ALWAYS, 21_000 * 100, 0)]
    outbox.jobs.included(job, outbox.attempts.of_job(job)[0], receipt(5))
    assert outlays.since(10**6) == [Outlay(ALWAYS, 50_000 * 7, 0)]
    outbox.jobs.settled(job, JobState.FINALIZED, "final")
    assert (outlays.since(10**6), outlays.since(99.0)) == ([], [Outlay(100.0, 50_000 * 7, 0)])


def test_since_self_send_in_a_gap_counts_whatever_its_age_until_its_nonce_is_used(outbox: Outbox) -> None:
    signed = SignedTransaction(raw=b"\x02", hash="0x02")
    filler = outbox.attempts.store_filler(Nonce(3), terms=TERMS, chain_time=100.0, sign=lambda _: signed)
    outlays = OutlayReader(outbox.engine, chain_id=1, signer=SIGNER)
    assert outlays.since(10**6) == [Outlay(ALWAYS, 21_000 * 100, 3)]
    outbox.attempts.filled(filler)
    assert (outlays.since(10**6), outlays.since(99.0)) == ([], [Outlay(100.0, 21_000 * 100, 3)])


def test_expire_only_what_is_still_queued(outbox: Outbox) -> None:
    (waiting,), (sent,) = outbox.queue(1), outbox.queue(2)
    outbox.send(sent)
    assert [outbox.jobs.expire(job, "its deadline passed") for job in (waiting, sent)] == [True, False]
    assert [outbox.state(job) for job in (waiting, sent)] == [JobState.EXPIRED, JobState.SENT]


def test_claim_chain_other_genesis_is_refused(outbox: Outbox) -> None:
    outbox.jobs.claim_chain("0xgenesis")
    outbox.jobs.claim_chain("0xgenesis")
    with pytest.raises(ConfigurationError, match="has genesis 0xother"):
        outbox.jobs.claim_chain("0xother")


def test_job_unknown_is_named(outbox: Outbox) -> None:
    with pytest.raises(UnknownJobError, match="no job 7"):
        outbox.views.job(7)


def test_jobs_filters_narrow_the_list(outbox: Outbox) -> None:
    (first,), (second,) = outbox.queue(1), outbox.queue(2)
    outbox.send(second)
    assert [job.id for job in outbox.views.jobs().jobs] == [second, first]
    assert [job.id for job in outbox.views.jobs(state=JobState.SENT).jobs] == [second]
    assert [job.id for job in outbox.views.jobs(chain_id=2).jobs] == []
    statement = inference(epoch=1).statement_id
    assert [job.id for job in outbox.views.jobs(statement_id=statement.upper().replace("X", "x")).jobs] == [first]
    assert outbox.views.status().jobs == {"home": {JobState.QUEUED: 1, JobState.SENT: 1}}


def receipt(block: int) -> Receipt:
    reference = BlockReference(block, f"0x{block:064x}")
    return Receipt(block=reference, succeeded=True, gas_used=50_000, effective_gas_price=7)


class Life(RuleBasedStateMachine):
    """Random lives of jobs: the audit trail is always a path of the table, and no nonce is given to two jobs."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.outbox = Outbox(f"sqlite:///{self.folder.name}/relayer.db")
        self.epoch = 0
        self.mined = 0

    def teardown(self) -> None:
        self.outbox.engine.dispose()
        self.folder.cleanup()

    def _any(self, data: Any, *states: JobState) -> JobRecord | None:
        records = [*self.outbox.jobs.due(100), *self.outbox.jobs.in_flight()]
        fitting = [record for record in records if record.state in states]
        return data.draw(st.sampled_from(fitting)) if fitting else None

    @rule()
    def publish(self) -> None:
        self.epoch += 1
        assert len(self.outbox.queue(self.epoch)) == 1

    @precondition(lambda self: self.epoch)
    @rule(data=st.data(), validator=st.sampled_from(["validator", "another", "third"]))
    def publish_again(self, data: Any, validator: str) -> None:
        epoch = data.draw(st.integers(1, self.epoch))
        statement = inference(epoch=epoch).statement_id
        if self.outbox.intake.is_news(validator, statement, [planned(epoch)]):
            assert len(self.outbox.queue(epoch, validator)) == 1

    @rule(data=st.data(), action=st.sampled_from(["send", "seen", "reject"]))
    def leave_queue(self, data: Any, action: str) -> None:
        record = self._any(data, JobState.QUEUED)
        if record is None:
            return
        if action == "send":
            self.outbox.send(record.id, latest=self.mined)
        elif action == "seen":
            self.outbox.jobs.seen(record.id, BlockReference(3, "0x03"), "AlreadyRecorded")
        else:
            self.outbox.jobs.reject(record.id, "ProofInvalid")

    @rule(data=st.data(), action=st.sampled_from(["include", "revert", "lose"]))
    def leave_sent(self, data: Any, action: str) -> None:
        record = self._any(data, JobState.SENT)
        if record is None:
            return
        (attempt,) = self.outbox.attempts.of_job(record.id)
        if action == "include":
            self.outbox.jobs.included(record.id, attempt, receipt(9))
        else:
            self.outbox.jobs.attempt_ended(record.id, attempt, "reverted" if action == "revert" else "lost", action)

    @rule(data=st.data(), final=st.booleans())
    def leave_block(self, data: Any, final: bool) -> None:
        record = self._any(data, JobState.INCLUDED, JobState.SEEN_ON_CHAIN)
        if record is None:
            return
        mine = record.state is JobState.INCLUDED
        if final:
            self.outbox.jobs.settled(record.id, JobState.FINALIZED if mine else JobState.ALREADY_ON_CHAIN, "final")
        else:
            self.outbox.jobs.reorganised(record.id, JobState.SENT if mine else JobState.QUEUED, "gone")

    @rule(lag=st.integers(0, 3))
    def node_counts(self, lag: int) -> None:
        """The node's view of the nonce moves, and may lag behind what was mined."""
        self.mined = max(0, len(self.outbox.attempts.stored_nonces(0)) - lag)

    @invariant()
    def audit_is_a_path(self) -> None:
        for job in self.outbox.views.jobs(limit=1000).jobs:
            events = self.outbox.views.job(job.id).events
            assert events[0].old is None
            assert events[0].new is JobState.QUEUED
            for before, after in itertools.pairwise(events):
                assert after.old is before.new
                assert after.new in TRANSITIONS[before.new]
            assert events[-1].new is job.state

    @invariant()
    def nonces_are_never_shared(self) -> None:
        jobs = self.outbox.views.jobs(limit=1000).jobs
        attempts = [attempt for job in jobs for attempt in self.outbox.views.job(job.id).attempts]
        assert len({attempt.nonce for attempt in attempts}) == len(attempts)

    @invariant()
    def nothing_is_lost(self) -> None:
        alive = {record.id for record in [*self.outbox.jobs.due(1000), *self.outbox.jobs.in_flight()]}
        for job in self.outbox.views.jobs(limit=1000).jobs:
            assert (job.id in alive) != (job.state in SETTLED)


Life.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestLife = Life.TestCase
