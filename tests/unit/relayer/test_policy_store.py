"""The policy in the outbox: what is not due is kept with its reason, and is superseded or becomes due."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from relayer.keys import attestation_signer
from relayer.outbox.database import open_database
from relayer.outbox.intake_store import IntakeStore
from relayer.outbox.models import JobRow
from relayer.outbox.transitions import move
from relayer.outbox.views import JobView, Views
from relayer.planning import ContractAbis, Destination, plan
from relayer.policy_settings import ChainPolicy
from relayer.states import JobState
from statements.abi import load_abi
from statements.publication import Publication
from tests.unit.relayer.makers import FEED_ABROAD, FEED_HOME, INPUTS_ABROAD, inference, publication

ABIS = ContractAbis(risk_feed=load_abi("RiskFeed"), attested_inputs=load_abi("AttestedInputs"))
DESTINATIONS = [Destination("home", 1, FEED_HOME), Destination("abroad", 2, FEED_ABROAD, INPUTS_ABROAD)]
HEARTBEAT = ChainPolicy(heartbeat_seconds=3600, deviation_basis_points=500, early_after_seconds=600)
OTHER_ASSET = "0x" + "00" * 19 + "C2"


class Desk:
    def __init__(self, engine: Engine, policies: dict[int, ChainPolicy]) -> None:
        self.engine, self.now = engine, 1000.0
        self.store = IntakeStore(engine, lambda: self.now, policies)

    def take(self, epoch: int, outputs: tuple[int, int] = (5, 6), asset: str | None = None) -> list[int]:
        of = inference(epoch=epoch, outputs=outputs)
        if asset is not None:
            of = of.model_copy(update={"subject": of.subject.model_copy(update={"asset": asset})})
        made: Publication = publication(of, cursor=epoch)
        jobs = plan(made, DESTINATIONS, abis=ABIS, signer_of=attestation_signer).jobs
        return self.store.take(made, jobs)

    def jobs(self, chain_id: int = 1) -> list[JobView]:
        return list(Views(self.engine, {}).jobs(chain_id=chain_id).jobs[::-1])

    def states(self, chain_id: int = 1) -> list[str]:
        return [job.state for job in self.jobs(chain_id)]

    def finish(self, job_id: int) -> None:
        with Session(self.engine) as session, session.begin():
            for state in (JobState.SENT, JobState.INCLUDED):
                move(session, session.get_one(JobRow, job_id), state, at=self.now, reason="test")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(open_database(f"sqlite:///{tmp_path}/relayer.db"), {1: HEARTBEAT, 2: HEARTBEAT})


def test_take_not_due_is_skipped_with_its_reason(desk: Desk) -> None:
    desk.take(7)
    assert desk.take(8) != []
    first, second = desk.jobs()
    assert (first.state, second.state) == (JobState.QUEUED, JobState.SKIPPED)
    assert "heartbeat 3600 s" in str(second.error)
    (event,) = Views(desk.engine, {}).job(second.id).events
    assert (event.new, "quiet: not due" in event.reason) == (JobState.SKIPPED, True)


def test_take_abroad_skips_attestation_and_submission_together(desk: Desk) -> None:
    desk.take(7)
    desk.take(8)
    assert desk.states(2) == ["queued", "queued", "skipped", "skipped"]


def test_take_later_epoch_supersedes_the_skipped_one(desk: Desk) -> None:
    for epoch in (7, 8, 9):
        desk.take(epoch)
    assert desk.states() == ["queued", "superseded", "skipped"]
    assert desk.states(2) == ["queued"] * 2 + ["superseded"] * 2 + ["skipped"] * 2


def test_take_deviation_is_due_at_once(desk: Desk) -> None:
    desk.take(7)
    desk.take(8, outputs=(5, 900))
    assert desk.states() == ["queued", "queued"]


def test_take_earlier_epoch_than_the_last_is_not_due(desk: Desk) -> None:
    desk.take(7)
    desk.take(6, outputs=(5, 900))
    assert desk.states() == ["queued", "skipped"]
    assert "not later than 7" in str(desk.jobs()[1].error)


def test_take_policies_of_chains_are_their_own(tmp_path: Path) -> None:
    desk = Desk(open_database(f"sqlite:///{tmp_path}/relayer.db"), {1: HEARTBEAT})
    desk.take(7)
    desk.take(8)
    assert (desk.states(1), desk.states(2)) == (["queued", "skipped"], ["queued"] * 4)


def test_reconsider_skipped_becomes_due_with_the_heartbeat(desk: Desk) -> None:
    desk.take(7)
    desk.now += 1800
    desk.take(8)
    assert desk.store.reconsider() == []
    desk.now += 1800
    assert len(desk.store.reconsider()) == 3
    assert (desk.states(), desk.states(2)) == (["queued"] * 2, ["queued"] * 4)
    history = Views(desk.engine, {}).job(desk.jobs()[1].id).events
    assert [event.new for event in history] == ["skipped", "queued"]
    assert "heartbeat" in history[1].reason


def test_reconsider_skipped_goes_along_when_another_asset_is_due(desk: Desk) -> None:
    desk.take(7)
    for job in desk.jobs():
        desk.finish(job.id)
    desk.now += 700
    desk.take(8)
    assert desk.store.reconsider() == []
    desk.take(8, asset=OTHER_ASSET)
    desk.store.reconsider()
    assert desk.states() == ["included", "queued", "queued"]


def test_reconsider_superseded_stays(desk: Desk) -> None:
    for epoch in (7, 8, 9):
        desk.take(epoch)
    desk.now += 10_000
    desk.store.reconsider()
    assert desk.states() == ["queued", "superseded", "queued"]


def test_take_skipped_statement_again_gives_nothing_new(desk: Desk) -> None:
    desk.take(7)
    desk.take(8)
    again = publication(inference(epoch=8), cursor=9, validator="another")
    jobs = plan(again, DESTINATIONS, abis=ABIS, signer_of=attestation_signer).jobs
    assert not desk.store.is_news("another", again.inference.statement_id, jobs)
