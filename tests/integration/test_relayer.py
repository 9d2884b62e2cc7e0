"""The transaction pipeline on a real chain, step by step: nothing lost, nothing sent twice."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from web3 import Web3

from relayer.states import JobState
from statements.errors import ConfigurationError
from tests.integration.relayer_chain import HOME, PROJECT, LocalChain, free_port, local_chain, published, send
from tests.integration.relayer_stand import DEPTH, OTHER, RELAYER, Stand, make_stand


@pytest.fixture(scope="module")
def running_chain() -> Iterator[LocalChain]:
    with local_chain(HOME) as chain:
        yield chain


@pytest.fixture
def chain(running_chain: LocalChain) -> Iterator[LocalChain]:
    """The chain as it was after deployment; each test leaves it so."""
    before = running_chain.ask("evm_snapshot")
    yield running_chain
    running_chain.ask("anvil_setAutomine", True)
    running_chain.ask("evm_revert", before)


@pytest.fixture
def stand(tmp_path: Path, chain: LocalChain) -> Stand:
    return make_stand(tmp_path, chain)


def queue_one(stand: Stand, number: int = 1, **changes: object) -> None:
    publication = published(stand.chain.epoch, number=number, cursor=number, **changes)
    if stand.settings.attested_inputs is None:
        stand.chain.attest(publication)
    stand.take(publication)


def test_step_home_job_lands_once_and_becomes_final(stand: Stand) -> None:
    queue_one(stand)
    stand.steps(2)
    (job,) = stand.jobs()
    assert job.state == JobState.INCLUDED
    assert job.gas_used is not None
    assert stand.chain.sent_by(RELAYER.address) == [job.transaction]
    stand.chain.mine(DEPTH)
    stand.steps(3)
    assert stand.history(job.id) == ["queued", "sent", "included", "finalized"]
    assert len(stand.chain.sent_by(RELAYER.address)) == 1


def test_step_abroad_attests_before_it_submits(tmp_path: Path, chain: LocalChain) -> None:
    stand = make_stand(tmp_path, chain, abroad=True)
    publication = published(chain.epoch, abroad=chain)
    stand.take(publication)
    stand.steps(1)
    assert stand.states() == ["sent", "queued"]
    stand.steps(2)
    assert stand.states() == ["included", "included"]
    assert chain.recorded(publication)
    assert len(chain.sent_by(RELAYER.address)) == 2


def test_take_duplicate_publication_gives_one_transaction(stand: Stand) -> None:
    queue_one(stand)
    again = published(stand.chain.epoch, cursor=2)
    elsewhere = published(stand.chain.epoch, validator="another", proof=b"re-randomised")
    assert stand.take(again) == []
    stand.steps(2)
    assert stand.take(elsewhere) == []
    stand.steps(2)
    assert len(stand.jobs()) == 1
    assert len(stand.chain.sent_by(RELAYER.address)) == 1


def test_step_several_jobs_take_nonces_in_order(stand: Stand) -> None:
    for number in range(1, 5):
        queue_one(stand, number)
    stand.steps(2)
    assert stand.states() == ["included"] * 4
    assert stand.chain.web3.eth.get_transaction_count(RELAYER.address) == 4


@pytest.mark.parametrize("moment", ["stored", "sent"])
def test_restart_after_kill_sends_exactly_one_transaction(stand: Stand, moment: str) -> None:
    queue_one(stand)
    command = [sys.executable, "-m", "tests.integration.relayer_killed", str(stand.folder), stand.chain.url, moment]
    killed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -9, killed.stderr
    assert stand.states() == ["sent"]
    assert len(stand.chain.sent_by(RELAYER.address)) == (0 if moment == "stored" else 1)
    stand.steps(2)
    assert stand.states() == ["included"]
    assert stand.chain.sent_by(RELAYER.address) == [stand.jobs()[0].transaction]


def test_step_reorganised_transaction_goes_back_and_lands_again(stand: Stand) -> None:
    queue_one(stand)
    stand.steps(2)
    (before,) = stand.jobs()
    stand.chain.ask("anvil_setAutomine", False)
    stand.chain.ask("anvil_reorg", 1, [])
    assert stand.chain.sent_by(RELAYER.address) == []
    stand.steps(1)
    assert stand.states() == ["sent"]
    stand.chain.mine(2)
    stand.steps(1)
    (after,) = stand.jobs()
    assert after.state == JobState.INCLUDED
    assert after.transaction == before.transaction
    stand.chain.mine(DEPTH)
    stand.steps(1)
    assert stand.history(after.id) == ["queued", "sent", "included", "sent", "included", "finalized"]
    assert stand.chain.sent_by(RELAYER.address) == [before.transaction]


def test_step_competitor_first_is_success_without_transaction(stand: Stand) -> None:
    queue_one(stand)
    land_by_competitor(stand)
    stand.steps(1)
    assert stand.states() == ["seen_on_chain"]
    stand.chain.mine(DEPTH)
    stand.steps(1)
    assert stand.states() == ["already_on_chain"]
    assert stand.chain.sent_by(RELAYER.address) == []


def test_step_competitor_reorganised_away_is_replaced(stand: Stand) -> None:
    queue_one(stand)
    land_by_competitor(stand)
    stand.steps(1)
    stand.chain.ask("anvil_reorg", 1, [])
    stand.steps(2)
    assert stand.states() == ["included"]
    assert len(stand.chain.sent_by(RELAYER.address)) == 1


def test_step_competitor_in_the_same_block_costs_one_revert_and_counts_as_success(stand: Stand) -> None:
    queue_one(stand)
    stand.chain.ask("anvil_setAutomine", False)
    stand.steps(1)
    land_by_competitor(stand, wait=False, tip=10**11)
    stand.chain.mine(1)
    stand.steps(1)
    assert stand.states() == ["seen_on_chain"]
    stand.chain.mine(DEPTH)
    stand.steps(1)
    assert stand.states() == ["already_on_chain"]
    assert len(stand.chain.sent_by(RELAYER.address)) == 1


def test_step_call_that_keeps_reverting_is_given_up(stand: Stand) -> None:
    queue_one(stand)
    web3, accept = stand.chain.web3, stand.chain.verifier.functions.accept
    stand.chain.ask("anvil_setAutomine", False)
    dear = {"from": stand.chain.deployer, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
    for _ in range(5):
        stand.steps(1)
        accept(b"\x01" * 32).transact(dear)
        stand.chain.mine(1)
        accept(b"\x00" * 32).transact(dear)
        stand.chain.mine(1)
    stand.steps(1)
    (job,) = stand.jobs()
    assert job.state == JobState.REJECTED
    assert "reverted 3 times" in str(job.error)
    assert web3.eth.get_transaction_count(RELAYER.address) == 3


def land_by_competitor(stand: Stand, *, wait: bool = True, tip: int = 0) -> None:
    calldata = _stored_calldata(stand)
    web3 = stand.chain.web3
    transaction = {
        "to": stand.settings.risk_feed,
        "data": calldata,
        "value": 0,
        "gas": 2_000_000,
        "nonce": web3.eth.get_transaction_count(OTHER.address),
        "chainId": HOME,
        "maxFeePerGas": 10**12,
        "maxPriorityFeePerGas": tip,
    }
    signed = OTHER.sign_transaction(transaction)
    sent = web3.eth.send_raw_transaction(signed.raw_transaction)
    if wait:
        assert web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["status"] == 1


def _stored_calldata(stand: Stand) -> str:
    with stand.engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT calldata FROM jobs WHERE kind = 'submit'").scalar_one())


def test_step_nonce_used_elsewhere_waits_for_finality_and_takes_another(stand: Stand) -> None:
    queue_one(stand)
    stand.chain.ask("anvil_setAutomine", False)
    stand.steps(1)
    stand.chain.ask("anvil_dropTransaction", stand.jobs()[0].transaction)
    foreign = RELAYER.sign_transaction(
        {"to": OTHER.address, "value": 1, "gas": 21000, "nonce": 0, "chainId": HOME, "gasPrice": 10**11}
    )
    stand.chain.web3.eth.send_raw_transaction(foreign.raw_transaction)
    stand.chain.mine(1)
    stand.steps(2)
    assert stand.states() == ["sent"]
    stand.chain.mine(DEPTH)
    stand.steps(1)
    stand.chain.mine(1)
    stand.steps(1)
    assert stand.history(1) == ["queued", "sent", "queued", "sent", "included"]
    assert len(stand.chain.sent_by(RELAYER.address)) == 2


def test_step_transaction_dropped_from_mempool_is_sent_again(stand: Stand) -> None:
    queue_one(stand)
    stand.chain.ask("anvil_setAutomine", False)
    stand.steps(1)
    stand.chain.ask("anvil_dropTransaction", stand.jobs()[0].transaction)
    stand.steps(1)
    stand.chain.mine(1)
    stand.steps(1)
    assert stand.states() == ["included"]


def test_connect_wrong_chain_id_names_both(stand: Stand) -> None:
    wrong = make_stand(stand.folder, stand.chain, chain_id=1)
    with pytest.raises(ConfigurationError, match=r"serves chain 31337, the settings say 1\b"):
        wrong.steps(1)


def test_connect_state_of_another_chain_is_refused(stand: Stand) -> None:
    stand.steps(1)
    with local_chain(HOME, "--timestamp", "1700000000") as other:
        elsewhere = make_stand(stand.folder, other)
        with pytest.raises(ConfigurationError, match="genesis"):
            elsewhere.steps(1)


def test_step_without_funds_waits_and_recovers(stand: Stand) -> None:
    stand.chain.fund(RELAYER.address, 0)
    queue_one(stand)
    stand.steps(1)
    (job,) = stand.jobs()
    assert job.state == JobState.QUEUED
    assert job.error is not None
    assert f"signer {RELAYER.address} has 0 wei on chain home" in job.error
    stand.chain.fund(RELAYER.address)
    stand.steps(2)
    assert stand.states() == ["included"]


def test_step_chain_too_dear_waits_and_recovers(stand: Stand) -> None:
    dear = make_stand(stand.folder, stand.chain, maximum_fee_per_gas_wei=1)
    queue_one(dear)
    dear.steps(1)
    assert "maximum_fee_per_gas_wei = 1" in str(dear.jobs()[0].error)
    stand.now = dear.now
    stand.steps(2)
    assert stand.states() == ["included"]


def test_step_invalid_proof_is_rejected_and_another_source_may_try(stand: Stand) -> None:
    verifier = stand.chain.verifier
    send(stand.chain.web3, verifier.functions.accept(b"\x01" * 32), stand.chain.deployer)
    queue_one(stand)
    stand.steps(1)
    (job,) = stand.jobs()
    assert job.state == JobState.REJECTED
    assert str(job.error).startswith("ProofInvalid(")
    send(stand.chain.web3, verifier.functions.accept(b"\x00" * 32), stand.chain.deployer)
    assert stand.take(published(stand.chain.epoch, cursor=9)) == []
    assert stand.take(published(stand.chain.epoch, validator="another")) == [job.id]
    stand.steps(2)
    assert stand.states() == ["included"]
    assert len(stand.chain.sent_by(RELAYER.address)) == 1


def test_step_stranger_attestation_rejects_both_jobs_without_gas(tmp_path: Path, chain: LocalChain) -> None:
    stand = make_stand(tmp_path, chain, abroad=True)
    stranger = Web3.to_checksum_address("0x" + "99" * 20)
    chain.replace_attesters([stranger])
    stand.take(published(chain.epoch, abroad=chain))
    stand.steps(2)
    attest, submit = stand.jobs()
    assert (attest.state, submit.state) == (JobState.REJECTED, JobState.REJECTED)
    assert str(attest.error).startswith("NotAnAttester(")
    assert "InputsUnavailable" in str(submit.error)
    assert chain.sent_by(RELAYER.address) == []


def test_step_inputs_not_there_yet_waits(stand: Stand) -> None:
    publication = published(stand.chain.epoch)
    stand.take(publication)
    stand.steps(2)
    assert stand.states() == ["queued"]
    stand.chain.attest(publication)
    stand.steps(2)
    assert stand.states() == ["included"]


def test_step_dead_endpoint_is_passed_over(stand: Stand) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    two = make_stand(stand.folder, stand.chain, endpoints=(dead, stand.chain.url))
    queue_one(two)
    two.steps(2)
    assert two.states() == ["included"]
