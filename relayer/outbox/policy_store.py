"""The outbox as the policy sees it: what was put on a chain last, what is due, what is skipped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from relayer.outbox.models import InferenceRow, JobRow
from relayer.outbox.transitions import move
from relayer.policy import Decision, Score, Update, UpdateRules, decide
from relayer.policy_settings import ChainPolicy
from relayer.states import JobState
from statements.job import JobKind
from statements.proven_inference import ProvenInference
from statements.publication import Publication

_NO_UPDATE = (JobState.SKIPPED, JobState.SUPERSEDED, JobState.REJECTED)
_EVERYTHING = UpdateRules()


def score_of(inference: ProvenInference) -> Score:
    """What a proof says, as the policy compares it."""
    layout = inference.instances.layout
    outputs = tuple(inference.instances.elements[-layout.output_count :])
    return Score(epoch=inference.subject.epoch, outputs=outputs, scale_bits=layout.output_scale_bits)


class PolicyStore:
    """Decides what is due, within the caller's database transaction.

    Args:
        policies: by chain id; a chain without one takes every proof.
        clock: Unix time, seconds.
    """

    def __init__(self, policies: Mapping[int, ChainPolicy], clock: Callable[[], float] = time.time) -> None:
        self._policies = policies
        self._clock = clock

    def decide(self, session: Session, chain_id: int, inference: ProvenInference) -> Decision:
        """Whether a verified proof is due on a chain."""
        asset, now, score = inference.subject.asset, self._clock(), score_of(inference)
        rules = self._rules(chain_id, asset)
        if rules.takes_all:
            return decide(score, None, rules, now=now, another_due=False)
        last = _last_update(session, chain_id, inference.subject.model_id, asset)
        return decide(score, last, rules, now=now, another_due=_another_due(session, chain_id, asset))

    def supersede(self, session: Session, chain_id: int, inference: ProvenInference) -> None:
        """SKIPPED → SUPERSEDED for the earlier epochs of an asset on a chain."""
        subject = inference.subject
        older = (
            select(JobRow)
            .join(InferenceRow, InferenceRow.id == JobRow.inference_id)
            .where(JobRow.chain_id == chain_id, JobRow.state == JobState.SKIPPED)
            .where(InferenceRow.model_id == subject.model_id, InferenceRow.asset == subject.asset)
            .where(InferenceRow.epoch < subject.epoch)
        )
        for row in session.scalars(older):
            move(session, row, JobState.SUPERSEDED, at=self._clock(), reason=f"epoch {subject.epoch} came")

    def reconsider(self, engine: Engine) -> list[int]:
        """SKIPPED → QUEUED for what has become due meanwhile; returns the jobs."""
        taken: list[int] = []
        with Session(engine) as session:
            waiting = [row.id for row in _skipped(session)]
        for job_id in waiting:
            # a database transaction each: what one makes due may take the next one along
            with Session(engine) as session, session.begin():
                row = session.get_one(JobRow, job_id)
                if row.state != JobState.SKIPPED or row.kind != JobKind.SUBMIT:
                    continue
                inference = _inference(session, row)
                decision = self.decide(session, row.chain_id, inference)
                if decision.due:
                    taken += self._take_along(session, row, decision)
        return taken

    def _take_along(self, session: Session, row: JobRow, decision: Decision) -> list[int]:
        """A job and the one that it depends on."""
        found = []
        for job in (session.get(JobRow, row.depends_on) if row.depends_on else None, row):
            if job is not None and job.state == JobState.SKIPPED:
                job.taken_at = self._clock()
                move(session, job, JobState.QUEUED, at=self._clock(), reason=f"{decision.cause}: {decision.reason}")
                found.append(job.id)
        return found

    def _rules(self, chain_id: int, asset: str) -> UpdateRules:
        policy = self._policies.get(chain_id)
        return _EVERYTHING if policy is None else policy.of(asset).rules


def _last_update(session: Session, chain_id: int, model_id: str, asset: str) -> Update | None:
    row = session.scalars(
        select(JobRow)
        .join(InferenceRow, InferenceRow.id == JobRow.inference_id)
        .where(JobRow.chain_id == chain_id, JobRow.kind == JobKind.SUBMIT, JobRow.state.not_in(_NO_UPDATE))
        .where(InferenceRow.model_id == model_id, InferenceRow.asset == asset)
        .order_by(InferenceRow.epoch.desc())
        .limit(1)
    ).first()
    return None if row is None else Update(score_of(_inference(session, row)), row.taken_at)


def _another_due(session: Session, chain_id: int, asset: str) -> bool:
    others = (
        select(func.count())
        .select_from(JobRow)
        .join(InferenceRow, InferenceRow.id == JobRow.inference_id)
        .where(JobRow.chain_id == chain_id, JobRow.kind == JobKind.SUBMIT, JobRow.state == JobState.QUEUED)
        .where(InferenceRow.asset != asset)
    )
    return bool(session.scalar(others))


def _skipped(session: Session) -> Iterator[JobRow]:
    query = select(JobRow).where(JobRow.state == JobState.SKIPPED, JobRow.kind == JobKind.SUBMIT)
    yield from session.scalars(query.order_by(JobRow.id))


def _inference(session: Session, row: JobRow) -> ProvenInference:
    stored = session.get_one(InferenceRow, row.inference_id).publication
    return Publication.model_validate_json(stored).inference
