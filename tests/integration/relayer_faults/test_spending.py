"""Budgets, dry run and fees through the real writer: what is signed, and what is in the chain's blocks."""

from typing import Any

import pytest

from relayer.outbox.outlays import OutlayReader
from relayer.policy_settings import ChainPolicy
from tests.integration.relayer_faults.conftest import MakeRig
from tests.integration.relayer_rig import ONCE, Rig
from tests.integration.rpc_proxy import Fault, RpcProxy

BASE_FEE = 10**9
BUDGET = 120_000 * BASE_FEE
"""Enough for one job of the target at its worst, not for another beside what the first has really cost."""
ORACLE = "0x420000000000000000000000000000000000000F"


def level(rig: Rig) -> None:
    """The same fees at each call, whatever tests before this one did to the chain."""
    rig.chain.mine(12)
    rig.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
    rig.chain.mine()


def level_steps(rig: Rig, count: int) -> None:
    """Looks at the chain, each followed by a block whose base fee is as before."""
    for _ in range(count):
        rig.step(seconds=61.0)
        rig.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
        rig.chain.mine()


def take_data_fee(rig: Rig, fee: int) -> None:
    rig.chain.ask("anvil_setCode", ORACLE, "0x7f" + f"{fee:064x}" + "60005260206000f3" if fee else "0x")


def spent(rig: Rig) -> int:
    reader = OutlayReader(rig.engine, chain_id=rig.chain.chain_id, signer=rig.account.address)
    return sum(outlay.wei for outlay in reader.since(0.0))


def paid(rig: Rig) -> int:
    """What the account has less, by the chain."""
    return 10**20 - int(rig.chain.ask("eth_getBalance", rig.account.address, "latest"), 16)


@pytest.mark.parametrize(("name", "seconds"), [("budget_per_hour_wei", 3600), ("budget_per_day_wei", 86_400)])
def test_budget_used_up_the_next_job_waits_until_it_is_free_again(make_rig: MakeRig, name: str, seconds: int) -> None:
    rig = make_rig(policy=ChainPolicy.model_validate({name: BUDGET}))
    rig.queue(2)
    level(rig)
    rig.step()
    assert rig.states() == ["sent", "queued"]
    assert f"{name} = " in str(rig.jobs()[1].error)
    level_steps(rig, 5)
    assert rig.states() == ["finalized", "queued"]
    assert spent(rig) == paid(rig)
    rig.chain.pass_time(seconds - 600)
    level_steps(rig, 1)
    assert rig.states()[1] == "queued"
    rig.chain.pass_time(600)
    rig.finish()
    assert rig.tally() == [1, 1]


def test_budget_counts_the_fee_for_data_in_flight_and_paid(make_rig: MakeRig) -> None:
    fee = 10**17
    rig = make_rig(data_fee="op_stack", policy=ChainPolicy(budget_per_day_wei=4 * fee))
    take_data_fee(rig, fee)
    rig.queue(3)
    level(rig)
    rig.step()
    # each is reckoned with half as much again: the fee may rise until inclusion
    assert rig.states() == ["sent", "sent", "queued"]
    assert "budget_per_day_wei" in str(rig.jobs()[2].error)
    rig.step(5, mine=1, seconds=61.0)
    assert rig.states() == ["finalized", "finalized", "queued"]
    assert spent(rig) == paid(rig) + 2 * fee * 3 // 2
    take_data_fee(rig, 0)


def test_fee_for_data_is_what_the_receipt_says_once_there_is_one(make_rig: MakeRig, proxy: RpcProxy) -> None:
    fee, actual = 10**17, 10**16 + 1
    rig = make_rig(proxy.url, data_fee="op_stack")
    take_data_fee(rig, fee)
    proxy.faults.append(Fault("eth_getTransactionReceipt", change=lambda _, found: with_data_fee(found, actual)))
    rig.queue()
    rig.step()
    assert spent(rig) > fee
    rig.finish()
    assert rig.jobs()[0].data_fee == actual
    assert spent(rig) == paid(rig) + actual
    take_data_fee(rig, 0)


def with_data_fee(receipt: dict[str, Any] | None, fee: int) -> dict[str, Any] | None:
    """A receipt as an OP-stack chain gives it; Anvil has no such fee."""
    return None if receipt is None else {**receipt, "l1Fee": hex(fee)}


def test_budget_left_is_too_small_for_a_dearer_replacement_none_is_signed(make_rig: MakeRig) -> None:
    rig = make_rig(
        bump_seconds=30.0,
        maximum_fee_per_gas_wei=10**13,
        policy=ChainPolicy(budget_per_hour_wei=BUDGET),
    )
    (job,) = rig.queue()
    level(rig)
    rig.step()
    rig.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(2 * BASE_FEE))
    rig.chain.mine()
    rig.step(3, seconds=31.0)
    assert len(rig.attempts(job)) == 1
    # to call it off is no expense
    rig.desk.cancel(job)
    rig.step()
    assert len(rig.attempts(job)) == 2
    rig.finish()
    assert rig.states() == ["cancelled"]
    # and without the budget it would have been replaced
    rig.desk.retry(job)
    rig.changes["policy"] = ChainPolicy()
    rig.restart()
    level(rig)
    rig.step()
    before = len(rig.attempts(job))
    rig.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(2 * BASE_FEE))
    rig.chain.mine()
    rig.step(seconds=31.0)
    assert len(rig.attempts(job)) == before + 1
    rig.finish()
    assert rig.tally() == [1]


def test_replacement_that_the_budget_refuses_is_not_overtaken_by_cheaper_jobs(make_rig: MakeRig) -> None:
    burner = "0x0000000000000000000000000000000000009901"
    # 1.5 million gas: PUSH3 n, JUMPDEST, 1 SUB DUP1 PUSH1 4 JUMPI, STOP
    policy = ChainPolicy(budget_per_hour_wei=3_500_000 * BASE_FEE)
    rig = make_rig(bump_seconds=30.0, maximum_fee_per_gas_wei=10**13, policy=policy)
    rig.chain.ask("anvil_setCode", burner, "0x6200e15c5b600190038060045700")
    rig.queue_as(burner, mode=0)
    level(rig)
    rig.step()
    assert rig.states() == ["sent"]
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[0].transaction)
    rig.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(3 * BASE_FEE))
    rig.chain.mine()
    rig.queue()
    rig.step(seconds=31.0)
    assert rig.states() == ["sent", "queued"]
    assert "to replace the transaction with nonce 0" in str(rig.jobs()[1].error)
    level(rig)
    rig.finish()
    assert rig.states() == ["finalized", "finalized"]


def test_called_off_counts_at_what_its_self_send_has_cost(make_rig: MakeRig) -> None:
    rig = make_rig()
    (job,) = rig.queue()
    rig.step()
    rig.desk.cancel(job)
    rig.finish()
    assert rig.states() == ["cancelled"]
    assert spent(rig) == paid(rig) > 0


def test_reverted_counts_at_what_it_has_cost(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.queue(mode=ONCE)
    rig.step()
    rig.compete()
    rig.chain.mine()
    rig.finish()
    assert rig.states() == ["already_on_chain"]
    assert spent(rig) == paid(rig) > 0


def test_dry_run_signs_nothing_and_says_what_it_would(make_rig: MakeRig) -> None:
    rig = make_rig(policy=ChainPolicy(dry_run=True))
    (job,) = rig.queue()
    rig.step(3, mine=1, seconds=61.0)
    assert rig.states() == ["queued"]
    assert "dry run: would send" in str(rig.jobs()[0].error)
    assert (rig.attempts(job), rig.sent(), paid(rig)) == ([], [], 0)


def test_dry_run_set_while_one_is_in_flight_follows_it_and_replaces_nothing(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=30.0, maximum_fee_per_gas_wei=10**13)
    (job,) = rig.queue()
    rig.step()
    rig.changes["policy"] = ChainPolicy(dry_run=True)
    rig.restart()
    rig.step(2, seconds=31.0)
    assert len(rig.attempts(job)) == 1
    assert "dry run" in str(rig.jobs()[0].error)
    rig.finish()
    assert rig.tally() == [1]


def leave_a_gap(rig: Rig) -> None:
    """A job's transaction waits for one of the same key that the nodes have forgotten."""
    fees = {"gas": 21_000, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9, "chainId": rig.chain.chain_id}
    foreign = rig.account.sign_transaction({"to": "0x" + "11" * 20, "value": 1, "nonce": 0, "type": 2, **fees})
    transaction = rig.chain.ask("eth_sendRawTransaction", "0x" + foreign.raw_transaction.hex())
    rig.queue()
    rig.step()
    rig.chain.ask("anvil_dropTransaction", transaction)


def test_gap_filled_by_a_self_send_counts_towards_the_budget_that_is_used_up(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    leave_a_gap(rig)
    before = spent(rig)
    rig.changes["policy"] = ChainPolicy(budget_per_hour_wei=before)
    rig.restart()
    rig.step(3)
    assert spent(rig) > before
    rig.finish()
    assert spent(rig) >= paid(rig)


def test_gap_on_dry_run_stays_and_the_chain_is_followed_all_the_same(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    leave_a_gap(rig)
    rig.changes["policy"] = ChainPolicy(dry_run=True)
    rig.restart()
    rig.queue()
    rig.step(3, mine=1)
    assert rig.states() == ["sent", "queued"]
    assert "dry run: would send" in str(rig.jobs()[1].error)
    assert rig.parts.writer.health.ready
    assert rig.sent() == []


def tips_rise(rig: Rig) -> None:
    rich = {"from": rig.chain.web3.eth.accounts[0], "to": "0x" + "22" * 20, "gas": hex(21_000)}
    for _ in range(11):
        fees = {"maxFeePerGas": hex(10**14), "maxPriorityFeePerGas": hex(10**13)}
        rig.chain.ask("eth_sendTransaction", {**rich, **fees})
        rig.chain.mine()


def test_high_tips_of_others_leave_room_to_call_a_transaction_off(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9, maximum_fee_per_gas_wei=10**11)
    tips_rise(rig)
    (job,) = rig.queue()
    rig.step()
    rig.desk.cancel(job)
    rig.step()
    assert [attempt.kind for attempt in rig.attempts(job)] == ["call", "cancel"]
    assert rig.attempts(job)[1].maximum_fee <= 10**11
    rig.finish()
    assert rig.states() == ["cancelled"]


def test_high_tips_of_others_never_push_a_replacement_above_the_maximum(make_rig: MakeRig) -> None:
    maximum = 10**11
    rig = make_rig(bump_seconds=30.0, maximum_fee_per_gas_wei=maximum)
    (job,) = rig.queue()
    level(rig)
    rig.step()
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[0].transaction)
    tips_rise(rig)
    for _ in range(4):
        rig.step(seconds=31.0)
        rig.chain.ask("anvil_dropTransaction", "0x" + rig.attempts(job)[-1].hash[2:])
    attempts = rig.attempts(job)
    assert len(attempts) > 1
    assert all(attempt.tip <= attempt.maximum_fee <= maximum for attempt in attempts)
    rig.finish()
    assert rig.tally() == [1]
    assert int(rig.sent()[0]["maxFeePerGas"], 16) <= maximum
