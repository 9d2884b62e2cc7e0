"""The real registry freezes or ends a version while a submission waits or is in flight: no gas beyond one revert."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.states import JobState
from statements.subject import model_id
from tests.integration.forge_artifacts import artifact
from tests.integration.relayer_chain import HOME, MODEL, LocalChain, local_chain, published, send
from tests.integration.relayer_stand import DEPTH, RELAYER, Stand, make_stand

MODEL_ID = bytes.fromhex(model_id(MODEL)[2:])
VERSION = 1
GUARDIAN_ROLE = 2
DEAR = {"maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11, "gas": 1_000_000}


@pytest.fixture(scope="module")
def running() -> Iterator[LocalChain]:
    with local_chain(HOME) as chain:
        authority = chain.web3.eth.contract(
            chain.registry.functions.authority().call(), abi=artifact("Authority")["abi"]
        )
        send(chain.web3, authority.functions.grantRole(GUARDIAN_ROLE, chain.deployer, 0), chain.deployer)
        yield chain


@pytest.fixture
def home(running: LocalChain) -> Iterator[LocalChain]:
    before = running.ask("evm_snapshot")
    yield running
    running.ask("anvil_setAutomine", True)
    running.ask("evm_revert", before)


def freeze(chain: LocalChain) -> None:
    """The guardian freezes the version in the next block, before whatever else waits for it."""
    chain.registry.functions.freeze(MODEL_ID, VERSION).transact({"from": chain.deployer, **DEAR})
    chain.mine()


def deprecate(chain: LocalChain) -> None:
    """No version serves the epochs after this one."""
    until = chain.epoch + 1
    chain.registry.functions.deprecate(MODEL_ID, VERSION, until).transact({"from": chain.deployer, **DEAR})
    chain.mine()


def queue_at_home(stand: Stand) -> None:
    publication = published(stand.chain.epoch)
    stand.chain.attest(publication)
    stand.take(publication)


def next_epoch(chain: LocalChain) -> None:
    chain.ask("evm_increaseTime", 3600)
    chain.mine()


def gas_used(chain: LocalChain) -> list[int]:
    return [chain.web3.eth.get_transaction_receipt(each)["gasUsed"] for each in chain.sent_by(RELAYER.address)]  # type: ignore[arg-type]


def test_frozen_while_queued_is_refused_by_name_and_costs_nothing(tmp_path: Path, home: LocalChain) -> None:
    stand = make_stand(tmp_path, home)
    queue_at_home(stand)
    freeze(home)
    stand.steps(5)
    (job,) = stand.jobs()
    assert job.state == JobState.REJECTED
    assert str(job.error).startswith("Frozen(modelId=")
    assert home.sent_by(RELAYER.address) == []


def test_frozen_before_ours_in_the_same_block_costs_one_revert(tmp_path: Path, home: LocalChain) -> None:
    stand = make_stand(tmp_path, home, bump_seconds=30.0)
    queue_at_home(stand)
    home.ask("anvil_setAutomine", False)
    stand.steps(1)
    freeze(home)
    stand.steps(5)
    (job,) = stand.jobs()
    assert stand.history(job.id) == ["queued", "sent", "queued", "rejected"]
    assert str(job.error).startswith("Frozen(modelId=")
    home.mine(DEPTH)
    stand.steps(5)
    assert len(home.sent_by(RELAYER.address)) == 1


def test_frozen_while_ours_waits_is_withdrawn_in_place_of_a_revert(tmp_path: Path, home: LocalChain) -> None:
    stand = make_stand(tmp_path, home, bump_seconds=30.0)
    queue_at_home(stand)
    home.ask("anvil_setAutomine", False)
    stand.steps(1)
    # dearer than ours may be: it waits in the mempool while the guardian pays
    home.ask("anvil_setNextBlockBaseFeePerGas", hex(2 * 10**11))
    freeze(home)
    home.ask("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    home.mine()
    assert home.sent_by(RELAYER.address) == []
    stand.steps(1)
    assert stand.states() == ["sent"]
    home.mine(DEPTH + 1)
    stand.steps(5)
    (job,) = stand.jobs()
    assert stand.history(job.id) == ["queued", "sent", "queued", "rejected"]
    assert str(job.error).startswith("Frozen(modelId=")
    assert gas_used(home) == [21_000]


@pytest.mark.parametrize("when", ["queued", "in flight"])
def test_deprecated_meanwhile_an_epoch_of_before_lands(tmp_path: Path, home: LocalChain, when: str) -> None:
    stand = make_stand(tmp_path, home)
    queue_at_home(stand)
    if when == "in flight":
        home.ask("anvil_setAutomine", False)
        stand.steps(1)
    deprecate(home)
    home.ask("anvil_setAutomine", True)
    stand.steps(2)
    home.mine(DEPTH)
    stand.steps(2)
    assert stand.states() == ["finalized"]
    assert len(home.sent_by(RELAYER.address)) == 1


def test_deprecated_an_epoch_without_version_waits_for_one_and_is_given_up_once_over(
    tmp_path: Path, home: LocalChain
) -> None:
    stand = make_stand(tmp_path, home)
    deprecate(home)
    next_epoch(home)
    queue_at_home(stand)
    stand.steps(2)
    (job,) = stand.jobs()
    assert (job.state, str(job.error)[:18]) == (JobState.QUEUED, "NoVersion(modelId=")
    next_epoch(home)
    stand.steps(5)
    (job,) = stand.jobs()
    assert job.state == JobState.REJECTED
    assert "that epoch is over" in str(job.error)
    assert home.sent_by(RELAYER.address) == []


def test_frozen_abroad_the_attestation_is_not_paid_for_either(tmp_path: Path, home: LocalChain) -> None:
    stand = make_stand(tmp_path, home, abroad=True)
    stand.take(published(home.epoch, abroad=home))
    freeze(home)
    stand.steps(5)
    attest, submit = stand.jobs()
    assert (attest.state, submit.state) == (JobState.REJECTED, JobState.REJECTED)
    assert str(attest.error).startswith("DependentRefused: Frozen(modelId=")
    assert str(submit.error).startswith("Frozen(modelId=")
    assert home.sent_by(RELAYER.address) == []
