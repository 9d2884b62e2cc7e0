"""Sums over all jobs, made by the database from an index: reading the rows would take longer each month."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from relayer.outbox.models import JobRow
from relayer.states import JobState

_LIMB = 1 << 20
"""Prices and fees are summed as high and low parts: sums of products exceed SQLite's 64-bit integers at 9.2 ETH."""


@dataclass(frozen=True)
class Spent:
    """What one chain's transactions have cost.

    Attributes:
        gas: units of gas.
        wei: with the fees for data.
    """

    gas: int
    wei: int


def spent_by_chain(session: Session) -> dict[int, Spent]:
    """Cost of the transactions that succeeded and whose blocks are final, by chain id; it never gets less."""
    gas, price, fee = JobRow.gas_used, JobRow.effective_gas_price, func.coalesce(JobRow.data_fee, 0)
    parts = (gas, gas * (price // _LIMB), gas * (price % _LIMB), fee // _LIMB, fee % _LIMB)
    query = (
        select(JobRow.chain_id, *(func.sum(part) for part in parts))
        .where(JobRow.state == JobState.FINALIZED, gas.is_not(None), price.is_not(None))
        .group_by(JobRow.chain_id)
    )
    found: dict[int, Spent] = {}
    for row in session.execute(query):
        chain_id, units, high, low, fee_high, fee_low = (int(each) for each in row)
        found[chain_id] = Spent(units, (high + fee_high) * _LIMB + low + fee_low)
    return found
