"""Sums over all jobs, on both databases: exact above 64 bits, and never less than before."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from relayer.chain_data import Receipt
from relayer.finality import BlockReference
from relayer.outbox.spent import Spent, spent_by_chain
from relayer.states import JobState
from tests.integration.test_relayer_outbox import Outbox

GAS, PRICE, DATA_FEE = 16_000_003, 10**12 + 7, 10**18 + 3


@pytest.fixture
def outbox(state_url: str) -> Iterator[Outbox]:
    made = Outbox(state_url)
    yield made
    made.engine.dispose()


def include(outbox: Outbox, job: int) -> None:
    outbox.send(job)
    reference = BlockReference(5, "0x05")
    receipt = Receipt(reference, succeeded=True, gas_used=GAS, effective_gas_price=PRICE, data_fee=DATA_FEE)
    outbox.jobs.included(job, outbox.attempts.of_job(job)[0], receipt)


def spent(outbox: Outbox) -> dict[int, Spent]:
    with Session(outbox.engine) as session:
        return spent_by_chain(session)


def test_spent_by_chain_above_64_bits_is_exact(outbox: Outbox) -> None:
    for epoch in range(1, 13):
        (job,) = outbox.queue(epoch)
        include(outbox, job)
        outbox.jobs.settled(job, JobState.FINALIZED, "final")
    assert spent(outbox) == {1: Spent(gas=12 * GAS, wei=12 * (GAS * PRICE + DATA_FEE))}
    assert 12 * DATA_FEE > 2**63
    assert 12 * GAS * PRICE > 2**64


def test_spent_by_chain_a_block_that_may_still_go_is_not_counted(outbox: Outbox) -> None:
    (job,) = outbox.queue(1)
    include(outbox, job)
    assert spent(outbox) == {}
    outbox.jobs.reorganised(job, JobState.SENT, "gone")
    assert spent(outbox) == {}
