"""What people and scripts see of the outbox: HTTP answers and the command line print the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from relayer.outbox.models import AttemptRow, EventRow, InferenceRow, JobRow, SourceRow
from relayer.states import JobState
from statements.errors import VeristakeError
from statements.job import JobKind

_FROZEN = ConfigDict(frozen=True)


class UnknownJobError(VeristakeError):
    """No job has this id."""


class JobView(BaseModel):
    """A job.

    Attributes:
        id: number of the job.
        kind: attest, submit, observe, or batch.
        state: where it is.
        chain: name in the settings, None when the chain is not in them any more.
        chain_id: EIP-155 id.
        statement_id: statement that it serves.
        model_id: keccak256 of the model's name.
        asset: token address on the home chain.
        epoch: of the statement.
        source: ss58 hotkey of the validator that published it.
        batch_id: job of the batch that makes its call and has its gas; None for one with a transaction of its own.
        transaction: hash, None before one is sent and when somebody else recorded it.
        block_number: block of the transaction, or at which somebody else's record was seen.
        gas_used: units of gas.
        effective_gas_price: wei per gas.
        data_fee: for its data on the chain below, wei; None before it is in a block.
        failures: consecutive tries that came to nothing.
        wish: what the operator wants of its transaction: bump, cancel, or None.
        error: why it waits or was rejected.
        published_at: Unix time of publication by the validator, seconds; None for a job that came from no publication.
        taken_at: when it was queued.
        expires_at: deadline by the chain's time, None when there is none.
        sent_at: when its transaction was signed, stored and sent.
        included_at: when it was found in a block.
        finalized_at: when that block, or the block of somebody else's record, was found final.
    """

    model_config = _FROZEN
    id: int
    kind: JobKind
    state: JobState
    chain: str | None
    chain_id: int
    statement_id: str
    model_id: str | None
    asset: str | None
    epoch: int | None
    source: str | None
    batch_id: int | None
    transaction: str | None
    block_number: int | None
    gas_used: int | None
    effective_gas_price: int | None
    data_fee: int | None
    failures: int
    wish: str | None
    error: str | None
    published_at: float | None
    taken_at: float
    expires_at: float | None
    sent_at: float | None
    included_at: float | None
    finalized_at: float | None


class EventView(BaseModel):
    """A change of state: when, from, to, why."""

    model_config = _FROZEN
    at: float
    old: JobState | None
    new: JobState
    reason: str


class AttemptView(BaseModel):
    """A signed transaction: nonce, hash, gas limit, fees in wei per gas, when it was signed, how it ended.

    ``replacement`` counts the transactions with one nonce; ``kind`` is ``call``, or ``cancel`` for a self-send.
    """

    model_config = _FROZEN
    kind: str
    replacement: int
    nonce: int
    hash: str
    signer: str
    gas_limit: int
    maximum_fee: int
    tip: int
    signed_at: float
    ended: str | None


class JobDetail(BaseModel):
    """A job with its history."""

    model_config = _FROZEN
    job: JobView
    attempts: tuple[AttemptView, ...]
    events: tuple[EventView, ...]


class JobList(BaseModel):
    """Jobs, newest first."""

    model_config = _FROZEN
    jobs: tuple[JobView, ...]


class Status(BaseModel):
    """Jobs by chain and state, and how far each source has been read."""

    model_config = _FROZEN
    jobs: dict[str, dict[JobState, int]]
    cursors: dict[str, int]


class Views:
    """Reads the outbox.

    Args:
        engine: of the state.
        chain_names: names by chain id.
    """

    def __init__(self, engine: Engine, chain_names: Mapping[int, str]) -> None:
        self._engine = engine.execution_options(reads_only=True)
        self._names = chain_names

    def jobs(
        self,
        *,
        state: JobState | None = None,
        chain_id: int | None = None,
        statement_id: str | None = None,
        limit: int = 100,
    ) -> JobList:
        """Jobs that match, newest first."""
        query = select(JobRow, InferenceRow).outerjoin(InferenceRow, InferenceRow.id == JobRow.inference_id)
        if state is not None:
            query = query.where(JobRow.state == state)
        if chain_id is not None:
            query = query.where(JobRow.chain_id == chain_id)
        if statement_id is not None:
            query = query.where(JobRow.statement_id == statement_id.lower())
        with Session(self._engine) as session:
            rows = session.execute(query.order_by(JobRow.id.desc()).limit(limit))
            return JobList(jobs=tuple(self._view(job, inference) for job, inference in rows))

    def job(self, job_id: int) -> JobDetail:
        """One job with its attempts and events.

        Raises:
            UnknownJobError: no job has this id.
        """
        with Session(self._engine) as session:
            job = session.get(JobRow, job_id)
            if job is None:
                raise UnknownJobError(f"there is no job {job_id}", remedy="veristake relayer txs list shows them")
            inference = None if job.inference_id is None else session.get_one(InferenceRow, job.inference_id)
            attempts = session.scalars(select(AttemptRow).where(AttemptRow.job_id == job_id).order_by(AttemptRow.id))
            events = session.scalars(select(EventRow).where(EventRow.job_id == job_id).order_by(EventRow.id))
            return JobDetail(
                job=self._view(job, inference),
                attempts=tuple(AttemptView.model_validate(_pick(row, AttemptView.model_fields)) for row in attempts),
                events=tuple(EventView.model_validate(_pick(row, EventView.model_fields)) for row in events),
            )

    def status(self) -> Status:
        """Counts and cursors."""
        counted = select(JobRow.chain_id, JobRow.state, func.count()).group_by(JobRow.chain_id, JobRow.state)
        with Session(self._engine) as session:
            jobs: dict[str, dict[JobState, int]] = {name: {} for name in self._names.values()}
            for chain_id, state, count in session.execute(counted):
                jobs.setdefault(self._names.get(chain_id, str(chain_id)), {})[JobState(state)] = count
            cursors = {row.hotkey: row.cursor for row in session.scalars(select(SourceRow))}
        return Status(jobs=jobs, cursors=cursors)

    def _view(self, job: JobRow, inference: InferenceRow | None) -> JobView:
        of_inference = ("model_id", "asset", "epoch", "source", "published_at")
        of_job = [name for name in JobView.model_fields if name not in (*of_inference, "chain")]
        return JobView.model_validate(
            {
                **_pick(job, of_job),
                **(dict.fromkeys(of_inference) if inference is None else _pick(inference, of_inference)),
                "chain": self._names.get(job.chain_id),
            }
        )


def _pick(row: object, names: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
