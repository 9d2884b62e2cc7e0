"""The outbox as the intake sees it: cursors of sources, and jobs to be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from relayer.outbox.models import InferenceRow, JobRow, SourceRow
from relayer.outbox.policy_store import PolicyStore
from relayer.outbox.transitions import move, queued, record
from relayer.planning import PlannedJob
from relayer.policy import Decision
from relayer.policy_settings import ChainPolicy
from relayer.states import GIVEN_UP, JobState
from statements.publication import Publication


class IntakeStore:
    """Takes publications; each in one database transaction with the source's cursor.

    Args:
        engine: of the state.
        clock: Unix time, seconds.
        policies: by chain id; a chain without one takes every proof.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.time,
        policies: Mapping[int, ChainPolicy] | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._policy = PolicyStore(policies or {}, clock)

    def cursor(self, hotkey: str) -> int:
        """Where a source's feed has been read to, 0 before the first time."""
        with Session(self._engine) as session:
            row = session.get(SourceRow, hotkey)
            return 0 if row is None else row.cursor

    def is_news(self, source: str, statement_id: str, jobs: Sequence[PlannedJob]) -> bool:
        """Whether a publication gives anything to do, so that its proof is worth verifying.

        A statement is done once; but a job that was rejected, or that another source's publication did not give, may be
        tried with this source's: so no source can block a statement with a bad attestation. Each has one say.
        """
        with Session(self._engine) as session:
            said = select(InferenceRow.id).where(
                InferenceRow.statement_id == statement_id, InferenceRow.source == source
            )
            if session.scalar(said) is not None:
                return False
            return any(_is_wanted(_job(session, planned)) for planned in jobs)

    def take(self, publication: Publication, jobs: Sequence[PlannedJob]) -> list[int]:
        """Store a verified publication, the jobs that it gives, and the cursor.

        A job that the policy does not find due is stored as SKIPPED with the reason; it supersedes the earlier ones.

        Returns:
            Ids of the jobs that are new or tried again.
        """
        now, source = self._clock(), publication.validator
        with Session(self._engine) as session, session.begin():
            self._advance(session, source, publication.cursor)
            inference = _inference_row(publication, taken_at=now)
            session.add(inference)
            session.flush()
            ids: dict[str, int] = {}
            taken: list[int] = []
            decisions = self._decisions(session, publication, jobs)
            for planned in jobs:
                row = _job(session, planned)
                wanted = _is_wanted(row)
                if row is None:
                    decision = decisions[planned.job.chain_id]
                    row = _new_job(planned, inference.id, depends_on=ids.get(planned.depends_on or ""), now=now)
                    if not decision.due:
                        row.state, row.error = JobState.SKIPPED, decision.reason
                    session.add(row)
                    session.flush()
                    reason = f"published by {source}; {decision.cause}: {decision.reason}"
                    record(session, row, old=None, at=now, reason=reason)
                elif wanted:
                    row.calldata, row.inference_id = planned.job.calldata, inference.id
                    row.expires_at = planned.expires_at
                    move(session, row, JobState.QUEUED, at=now, reason=f"published again by {source}")
                ids[planned.job.key] = row.id
                if wanted:
                    taken.append(row.id)
            return taken

    def _decisions(self, session: Session, publication: Publication, jobs: Sequence[PlannedJob]) -> dict[int, Decision]:
        """By chain id, all jobs of a chain together, before any of them is stored."""
        found: dict[int, Decision] = {}
        for chain_id in sorted({planned.job.chain_id for planned in jobs}):
            found[chain_id] = self._policy.decide(session, chain_id, publication.inference)
            self._policy.supersede(session, chain_id, publication.inference)
        return found

    def reconsider(self) -> list[int]:
        """Queue the skipped jobs that have become due meanwhile; returns their ids."""
        return self._policy.reconsider(self._engine)

    def skip(self, source: str, cursor: int) -> None:
        """Move a source's cursor past publications that give nothing to do."""
        with Session(self._engine) as session, session.begin():
            self._advance(session, source, cursor)

    def _advance(self, session: Session, source: str, cursor: int) -> None:
        row = session.get(SourceRow, source)
        if row is None:
            session.add(SourceRow(hotkey=source, cursor=cursor, updated_at=self._clock()))
        elif cursor > row.cursor:
            row.cursor, row.updated_at = cursor, self._clock()


def _job(session: Session, planned: PlannedJob) -> JobRow | None:
    return session.scalar(select(JobRow).where(JobRow.key == planned.job.key))


def _is_wanted(row: JobRow | None) -> bool:
    # what the operator has called off stays so, whoever publishes it again
    return row is None or row.state in GIVEN_UP - {JobState.CANCELLED}


def _inference_row(publication: Publication, *, taken_at: float) -> InferenceRow:
    inference = publication.inference
    return InferenceRow(
        statement_id=inference.statement_id,
        source=publication.validator,
        cursor=publication.cursor,
        circuit_id=inference.circuit_id,
        model_id=inference.subject.model_id,
        asset=inference.subject.asset,
        epoch=inference.subject.epoch,
        published_at=publication.published_at,
        taken_at=taken_at,
        publication=publication.to_json(),
    )


def _new_job(planned: PlannedJob, inference_id: int, *, depends_on: int | None, now: float) -> JobRow:
    return queued(planned.job, inference_id=inference_id, depends_on=depends_on, expires_at=planned.expires_at, now=now)
