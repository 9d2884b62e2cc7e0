"""The transaction pipeline on a real chain, step by step: nothing lost, nothing sent twice."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from web3 import Web3

from relayer.states import JobState
from statements.errors import ConfigurationError
from tests.integration.relayer_bench import DEPTH, OTHER, RELAYER, Bench, make_bench
from tests.integration.relayer_chain import HOME, PROJECT, LocalChain, free_port, local_chain, published, send


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
def bench(tmp_path: Path, chain: LocalChain) -> Bench:
    return make_bench(tmp_path, chain)


def queue_one(bench: Bench, number: int = 1, **changes: object) -> None:
    publication = published(bench.chain.epoch, number=number, cursor=number, **changes)
    if bench.settings.attested_inputs is None:
        bench.chain.attest(publication)
    bench.take(publication)


def test_step_home_job_lands_once_and_becomes_final(bench: Bench) -> None:
    queue_one(bench)
    bench.steps(2)
    (job,) = bench.jobs()
    assert job.state == JobState.INCLUDED
    assert job.gas_used is not None
    assert bench.chain.sent_by(RELAYER.address) == [job.transaction]
    bench.chain.mine(DEPTH)
    bench.steps(3)
    assert bench.history(job.id) == ["queued", "sent", "included", "finalized"]
    assert len(bench.chain.sent_by(RELAYER.address)) == 1


def test_step_abroad_attests_before_it_submits(tmp_path: Path, chain: LocalChain) -> None:
    bench = make_bench(tmp_path, chain, abroad=True)
    publication = published(chain.epoch, abroad=chain)
    bench.take(publication)
    bench.steps(1)
    assert bench.states() == ["sent", "queued"]
    bench.steps(2)
    assert bench.states() == ["included", "included"]
    assert chain.recorded(publication)
    assert len(chain.sent_by(RELAYER.address)) == 2


def test_take_duplicate_publication_gives_one_transaction(bench: Bench) -> None:
    queue_one(bench)
    again = published(bench.chain.epoch, cursor=2)
    elsewhere = published(bench.chain.epoch, validator="another", proof=b"re-randomised")
    assert bench.take(again) == []
    bench.steps(2)
    assert bench.take(elsewhere) == []
    bench.steps(2)
    assert len(bench.jobs()) == 1
    assert len(bench.chain.sent_by(RELAYER.address)) == 1


def test_step_several_jobs_take_nonces_in_order(bench: Bench) -> None:
    for number in range(1, 5):
        queue_one(bench, number)
    bench.steps(2)
    assert bench.states() == ["included"] * 4
    assert bench.chain.web3.eth.get_transaction_count(RELAYER.address) == 4


@pytest.mark.parametrize("moment", ["stored", "sent"])
def test_restart_after_kill_sends_exactly_one_transaction(bench: Bench, moment: str) -> None:
    queue_one(bench)
    command = [sys.executable, "-m", "tests.integration.relayer_killed", str(bench.folder), bench.chain.url, moment]
    killed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -9, killed.stderr
    assert bench.states() == ["sent"]
    assert len(bench.chain.sent_by(RELAYER.address)) == (0 if moment == "stored" else 1)
    bench.steps(2)
    assert bench.states() == ["included"]
    assert bench.chain.sent_by(RELAYER.address) == [bench.jobs()[0].transaction]


def test_step_reorganised_transaction_goes_back_and_lands_again(bench: Bench) -> None:
    queue_one(bench)
    bench.steps(2)
    (before,) = bench.jobs()
    bench.chain.ask("anvil_setAutomine", False)
    bench.chain.ask("anvil_reorg", 1, [])
    assert bench.chain.sent_by(RELAYER.address) == []
    bench.steps(1)
    assert bench.states() == ["sent"]
    bench.chain.mine(2)
    bench.steps(1)
    (after,) = bench.jobs()
    assert after.state == JobState.INCLUDED
    assert after.transaction == before.transaction
    bench.chain.mine(DEPTH)
    bench.steps(1)
    assert bench.history(after.id) == ["queued", "sent", "included", "sent", "included", "finalized"]
    assert bench.chain.sent_by(RELAYER.address) == [before.transaction]


def test_step_competitor_first_is_success_without_transaction(bench: Bench) -> None:
    queue_one(bench)
    land_by_competitor(bench)
    bench.steps(1)
    assert bench.states() == ["seen_on_chain"]
    bench.chain.mine(DEPTH)
    bench.steps(1)
    assert bench.states() == ["already_on_chain"]
    assert bench.chain.sent_by(RELAYER.address) == []


def test_step_competitor_reorganised_away_is_replaced(bench: Bench) -> None:
    queue_one(bench)
    land_by_competitor(bench)
    bench.steps(1)
    bench.chain.ask("anvil_reorg", 1, [])
    bench.steps(2)
    assert bench.states() == ["included"]
    assert len(bench.chain.sent_by(RELAYER.address)) == 1


def test_step_competitor_in_the_same_block_costs_one_revert_and_counts_as_success(bench: Bench) -> None:
    queue_one(bench)
    bench.chain.ask("anvil_setAutomine", False)
    bench.steps(1)
    land_by_competitor(bench, wait=False, tip=10**11)
    bench.chain.mine(1)
    bench.steps(1)
    assert bench.states() == ["seen_on_chain"]
    bench.chain.mine(DEPTH)
    bench.steps(1)
    assert bench.states() == ["already_on_chain"]
    assert len(bench.chain.sent_by(RELAYER.address)) == 1


def test_step_call_that_keeps_reverting_is_given_up(bench: Bench) -> None:
    queue_one(bench)
    web3, accept = bench.chain.web3, bench.chain.verifier.functions.accept
    bench.chain.ask("anvil_setAutomine", False)
    dear = {"from": bench.chain.deployer, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
    for _ in range(5):
        bench.steps(1)
        accept(b"\x01" * 32).transact(dear)
        bench.chain.mine(1)
        accept(b"\x00" * 32).transact(dear)
        bench.chain.mine(1)
    bench.steps(1)
    (job,) = bench.jobs()
    assert job.state == JobState.REJECTED
    assert "reverted 3 times" in str(job.error)
    assert web3.eth.get_transaction_count(RELAYER.address) == 3


def land_by_competitor(bench: Bench, *, wait: bool = True, tip: int = 0) -> None:
    calldata = _stored_calldata(bench)
    web3 = bench.chain.web3
    transaction = {
        "to": bench.settings.risk_feed,
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


def _stored_calldata(bench: Bench) -> str:
    with bench.engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT calldata FROM jobs WHERE kind = 'submit'").scalar_one())


def test_step_nonce_used_elsewhere_waits_for_finality_and_takes_another(bench: Bench) -> None:
    queue_one(bench)
    bench.chain.ask("anvil_setAutomine", False)
    bench.steps(1)
    bench.chain.ask("anvil_dropTransaction", bench.jobs()[0].transaction)
    foreign = RELAYER.sign_transaction(
        {"to": OTHER.address, "value": 1, "gas": 21000, "nonce": 0, "chainId": HOME, "gasPrice": 10**11}
    )
    bench.chain.web3.eth.send_raw_transaction(foreign.raw_transaction)
    bench.chain.mine(1)
    bench.steps(2)
    assert bench.states() == ["sent"]
    bench.chain.mine(DEPTH)
    bench.steps(1)
    bench.chain.mine(1)
    bench.steps(1)
    assert bench.history(1) == ["queued", "sent", "queued", "sent", "included"]
    assert len(bench.chain.sent_by(RELAYER.address)) == 2


def test_step_transaction_dropped_from_mempool_is_sent_again(bench: Bench) -> None:
    queue_one(bench)
    bench.chain.ask("anvil_setAutomine", False)
    bench.steps(1)
    bench.chain.ask("anvil_dropTransaction", bench.jobs()[0].transaction)
    bench.steps(1)
    bench.chain.mine(1)
    bench.steps(1)
    assert bench.states() == ["included"]


def test_connect_wrong_chain_id_names_both(bench: Bench) -> None:
    wrong = make_bench(bench.folder, bench.chain, chain_id=1)
    with pytest.raises(ConfigurationError, match=r"serves chain 31337, the settings say 1\b"):
        wrong.steps(1)


def test_connect_state_of_another_chain_is_refused(bench: Bench) -> None:
    bench.steps(1)
    with local_chain(HOME, "--timestamp", "1700000000") as other:
        elsewhere = make_bench(bench.folder, other)
        with pytest.raises(ConfigurationError, match="genesis"):
            elsewhere.steps(1)


def test_step_without_funds_waits_and_recovers(bench: Bench) -> None:
    bench.chain.fund(RELAYER.address, 0)
    queue_one(bench)
    bench.steps(1)
    (job,) = bench.jobs()
    assert job.state == JobState.QUEUED
    assert job.error is not None
    assert f"signer {RELAYER.address} has 0 wei on chain home" in job.error
    bench.chain.fund(RELAYER.address)
    bench.steps(2)
    assert bench.states() == ["included"]


def test_step_chain_too_dear_waits_and_recovers(bench: Bench) -> None:
    dear = make_bench(bench.folder, bench.chain, maximum_fee_per_gas_wei=1)
    queue_one(dear)
    dear.steps(1)
    assert "maximum_fee_per_gas_wei = 1" in str(dear.jobs()[0].error)
    bench.now = dear.now
    bench.steps(2)
    assert bench.states() == ["included"]


def test_step_invalid_proof_is_rejected_and_another_source_may_try(bench: Bench) -> None:
    verifier = bench.chain.verifier
    send(bench.chain.web3, verifier.functions.accept(b"\x01" * 32), bench.chain.deployer)
    queue_one(bench)
    bench.steps(1)
    (job,) = bench.jobs()
    assert job.state == JobState.REJECTED
    assert str(job.error).startswith("ProofInvalid(")
    send(bench.chain.web3, verifier.functions.accept(b"\x00" * 32), bench.chain.deployer)
    assert bench.take(published(bench.chain.epoch, cursor=9)) == []
    assert bench.take(published(bench.chain.epoch, validator="another")) == [job.id]
    bench.steps(2)
    assert bench.states() == ["included"]
    assert len(bench.chain.sent_by(RELAYER.address)) == 1


def test_step_stranger_attestation_rejects_both_jobs_without_gas(tmp_path: Path, chain: LocalChain) -> None:
    bench = make_bench(tmp_path, chain, abroad=True)
    stranger = Web3.to_checksum_address("0x" + "99" * 20)
    send(chain.web3, chain.attested_inputs.functions.setAttesters([stranger], 1), chain.deployer)
    bench.take(published(chain.epoch, abroad=chain))
    bench.steps(2)
    attest, submit = bench.jobs()
    assert (attest.state, submit.state) == (JobState.REJECTED, JobState.REJECTED)
    assert str(attest.error).startswith("NotAnAttester(")
    assert "InputsUnavailable" in str(submit.error)
    assert chain.sent_by(RELAYER.address) == []


def test_step_inputs_not_there_yet_waits(bench: Bench) -> None:
    publication = published(bench.chain.epoch)
    bench.take(publication)
    bench.steps(2)
    assert bench.states() == ["queued"]
    bench.chain.attest(publication)
    bench.steps(2)
    assert bench.states() == ["included"]


def test_step_dead_endpoint_is_passed_over(bench: Bench) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    two = make_bench(bench.folder, bench.chain, endpoints=(dead, bench.chain.url))
    queue_one(two)
    two.steps(2)
    assert two.states() == ["included"]
