"""The outbox as budgets see it: what was spent, and what may still be for what is in flight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, select
from sqlalchemy.orm import Session

from relayer.outbox.job_store import LOST
from relayer.outbox.models import AttemptRow, InferenceRow, JobRow
from relayer.spending import ALWAYS, Outlay
from relayer.states import IN_FLIGHT

_SIGNED: tuple[Any, ...] = (
    AttemptRow.id,
    AttemptRow.job_id,
    AttemptRow.nonce,
    AttemptRow.hash,
    AttemptRow.chain_time,
    AttemptRow.ended,
    AttemptRow.gas_limit,
    AttemptRow.maximum_fee,
    AttemptRow.data_fee,
    AttemptRow.gas_used.label("lost_gas"),
    AttemptRow.effective_gas_price.label("lost_gas_price"),
    AttemptRow.paid_data_fee.label("lost_data_fee"),
    JobRow.state,
    JobRow.transaction,
    JobRow.gas_used,
    JobRow.effective_gas_price,
    JobRow.data_fee.label("paid_data_fee"),
)
"""What an outlay is made of: calldata and signed bytes are not read."""


@dataclass(frozen=True)
class _Signed:
    """A transaction, as far as its cost goes: ``cost`` once it is in a block, ``worst`` at most; wei."""

    nonce: int
    chain_time: float
    ended: str | None
    in_flight: bool
    cost: int | None
    worst: int

    @classmethod
    def of(cls, row: Row[Any]) -> _Signed:
        """From a row of ``_SIGNED``."""
        cost = None
        if row.transaction == row.hash and row.gas_used is not None and row.effective_gas_price is not None:
            cost = row.gas_used * row.effective_gas_price + (row.paid_data_fee or 0)
        elif row.lost_gas is not None and row.lost_gas_price is not None:
            cost = row.lost_gas * row.lost_gas_price + (row.lost_data_fee or 0)
        return cls(
            nonce=row.nonce,
            chain_time=row.chain_time,
            ended=row.ended,
            in_flight=row.ended is None and (row.job_id is None or row.state in IN_FLIGHT),
            cost=cost,
            worst=row.gas_limit * row.maximum_fee + row.data_fee,
        )


class OutlayReader:
    """What one account has spent on one chain, and may still spend for what is in flight.

    Args:
        engine: of the state.
        chain_id: EIP-155 id.
        signer: address that pays.
    """

    def __init__(self, engine: Engine, *, chain_id: int, signer: str) -> None:
        self._engine = engine.execution_options(reads_only=True)
        self._chain_id = chain_id
        self._signer = signer

    def since(self, moment: float) -> list[Outlay]:
        """One outlay per nonce signed after ``moment`` of the chain's time: as it was when included, else at its worst.

        That goes for self-sends too, and for the fee for data. What is in flight counts whatever its age, since it is
        paid for only when it lands. A transaction whose nonce went to another one for good has cost nothing.
        """
        worst: dict[int, Outlay] = {}
        known: dict[int, Outlay] = {}
        lost: set[int] = set()
        for signed in self._signed(moment):
            nonce, at = signed.nonce, ALWAYS if signed.in_flight else signed.chain_time
            if signed.cost is not None:
                known[nonce] = Outlay(at, signed.cost, nonce)
            elif signed.ended == LOST:
                lost.add(nonce)
            else:
                worst[nonce] = max(worst.get(nonce, Outlay(at, 0, nonce)), Outlay(at, signed.worst, nonce), key=_wei)
        return list(({nonce: each for nonce, each in worst.items() if nonce not in lost} | known).values())

    def _signed(self, moment: float) -> list[_Signed]:
        """Transactions signed after ``moment``, and those in flight."""
        mine = (
            select(*_SIGNED)
            .select_from(AttemptRow)
            .outerjoin(JobRow, JobRow.id == AttemptRow.job_id)
            .where(AttemptRow.chain_id == self._chain_id, AttemptRow.signer == self._signer)
        )
        # three queries, each with an index of its own
        queries = (
            mine.where(AttemptRow.chain_time > moment),
            mine.where(JobRow.chain_id == self._chain_id, JobRow.state.in_(IN_FLIGHT), AttemptRow.ended.is_(None)),
            mine.where(AttemptRow.job_id.is_(None), AttemptRow.ended.is_(None)),
        )
        with Session(self._engine) as session:
            return list({row.id: _Signed.of(row) for query in queries for row in session.execute(query)}.values())

    def asset_of(self, job_id: int) -> str:
        """The asset that a job is about, empty when it is about none or several."""
        with Session(self._engine) as session:
            inference = session.get_one(JobRow, job_id).inference_id
            return "" if inference is None else session.get_one(InferenceRow, inference).asset


def _wei(outlay: Outlay) -> int:
    return outlay.wei
