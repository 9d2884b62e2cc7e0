"""Proofs that share a transaction, at the real contracts: RiskFeed takes them from Multicall3, for less gas."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from statements.instances import Instances
from tests.integration.forge_artifacts import artifact
from tests.integration.relayer_chain import HOME, LAYOUT, LocalChain, local_chain, published
from tests.integration.relayer_stand import RELAYER, Stand, make_stand

MULTICALL = "0xcA11bde05977b3631167028862bE2a173976CA11"
PROOFS = 8
BAD = Instances.build(LAYOUT, tuple(range(32)), 5, (100, 1 << 13))
"""An output of 2, where RiskFeed takes 1 at most."""


@pytest.fixture(scope="module")
def chain() -> Iterator[LocalChain]:
    with local_chain(HOME) as made:
        made.ask("anvil_setCode", MULTICALL, artifact("MockMulticall3")["deployedBytecode"]["object"])
        yield made


def relay(stand: Stand, numbers: range, *, bad: int | None = None) -> int:
    """Relay a proof of each asset; returns the gas of all transactions."""
    for number in numbers:
        publication = published(stand.chain.epoch, number=number, cursor=number)
        stand.chain.attest(publication)
        if number == bad:
            publication = published(stand.chain.epoch, number=number, cursor=number, instances=BAD)
        stand.take(publication)
    stand.steps(3)
    return sum(job.gas_used or 0 for job in stand.jobs())


def stand_in(folder: Path, chain: LocalChain, **changes: object) -> Stand:
    folder.mkdir()
    return make_stand(folder, chain, **changes)


def test_batch_of_proofs_costs_less_than_each_by_itself(tmp_path: Path, chain: LocalChain) -> None:
    alone = relay(stand_in(tmp_path / "alone", chain), range(1, PROOFS + 1))
    stand = stand_in(tmp_path / "together", chain, multicall=MULTICALL)
    together = relay(stand, range(11, PROOFS + 11))
    assert stand.states() == ["included"] * (PROOFS + 1)
    # 21,000 gas a transaction and what is read for the first time in it are paid once, the verifier's work is not
    assert 15_000 < (alone - together) / PROOFS < 60_000


def test_bad_proof_among_good_ones_is_rejected_and_the_good_ones_land(tmp_path: Path, chain: LocalChain) -> None:
    stand = stand_in(tmp_path / "mixed", chain, multicall=MULTICALL)
    before = len(chain.sent_by(RELAYER.address))
    relay(stand, range(21, 25), bad=22)
    assert stand.states() == ["included", "rejected", "included", "included", "included"]
    assert "OutputOutOfRange" in str(stand.jobs()[1].error)
    assert len(chain.sent_by(RELAYER.address)) == before + 1
