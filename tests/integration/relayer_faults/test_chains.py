"""Chains that misbehave, and their fees: nothing lost, nothing sent twice, the end state counted on the chain."""

from pathlib import Path

import pytest

from tests.integration.relayer_faults.conftest import MakeRig
from tests.integration.relayer_rig import ONCE, SEND, Rig, bare_chain


def test_dropped_from_the_mempool_is_sent_again(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    rig.queue()
    rig.step()
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[0].transaction)
    rig.finish()
    assert rig.tally() == [1]


def test_dropped_below_others_the_later_ones_follow(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    rig.queue(3)
    rig.step()
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[0].transaction)
    rig.finish()
    assert rig.tally() == [1, 1, 1]


def test_base_fee_tenfold_within_a_block_is_outbid_by_the_same_nonce(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=30.0, maximum_fee_per_gas_wei=10**13)
    (job,) = rig.queue()
    rig.step()
    base = int(rig.chain.ask("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    rig.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(max(base, 10**9) * 10))
    rig.chain.mine()
    assert rig.sent() == []
    rig.step(seconds=31)
    first, second = rig.attempts(job)
    assert second.nonce == first.nonce
    assert second.maximum_fee * 10 >= first.maximum_fee * 11
    rig.finish()
    assert rig.tally() == [1]
    assert len(rig.sent()) == 1


def test_base_fee_above_the_maximum_is_not_outbid(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=30.0, maximum_fee_per_gas_wei=10**11)
    (job,) = rig.queue()
    rig.step()
    rig.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(10**12))
    rig.chain.mine()
    rig.step(2, seconds=31)
    assert len(rig.attempts(job)) == 1
    assert "less than block base fee" in str(rig.jobs()[0].error)
    rig.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    rig.finish()
    assert rig.tally() == [1]


def test_no_mempool_nothing_is_bumped(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1.0, has_mempool=False)
    (job,) = rig.queue()
    rig.step(4, seconds=100)
    assert len(rig.attempts(job)) == 1
    rig.finish()
    assert rig.tally() == [1]


def test_chain_halted_for_an_hour_and_back_one_transaction(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=60.0)
    rig.queue(2)
    for _ in range(6):
        rig.step(seconds=600)
    assert rig.sent() == []
    rig.finish()
    assert rig.tally() == [1, 1]
    assert len(rig.sent()) == 2


@pytest.mark.parametrize("depth", range(1, 6))
@pytest.mark.parametrize("when", ["waiting", "included", "included and more"])
def test_reorganisation_at_any_depth_lands_once(make_rig: MakeRig, depth: int, when: str) -> None:
    from relayer.settings import FinalitySettings

    rig = make_rig(bump_seconds=1e9, finality=FinalitySettings(mode="depth", depth=7))
    rig.chain.mine(depth)
    rig.queue(2)
    rig.step()
    if when != "waiting":
        rig.chain.mine(depth if when == "included" else depth + 1)
        rig.step()
        assert rig.states() == ["included"] * 2
    rig.chain.ask("anvil_reorg", depth, [])
    rig.step(mine=1)
    for _ in range(12):
        rig.step(mine=1)
    assert rig.states() == ["finalized"] * 2
    assert rig.tally() == [1, 1]
    assert len(rig.sent()) == 2


def test_competitor_in_the_same_block_then_reorganised_leaves_no_gap(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (first,) = rig.queue(mode=ONCE)
    rig.step()
    rig.compete()
    rig.chain.mine()
    rig.step(2)
    assert rig.states() == ["seen_on_chain"]
    (second,) = rig.queue()
    rig.step()
    rig.chain.ask("anvil_reorg", 1, [])
    rig.finish(20)
    assert rig.tally() == [1, 1]
    assert "sent" in rig.history(second)
    assert rig.history(first)[-1] in ("finalized", "already_on_chain")


def test_key_used_elsewhere_and_forgotten_by_the_mempool_the_gap_is_filled(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    other = "0x" + "11" * 20
    fees = {"gas": 21_000, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9, "chainId": rig.chain.chain_id}
    foreign = rig.account.sign_transaction({"to": other, "value": 1, "nonce": 0, "type": 2, **fees})
    transaction = rig.chain.ask(SEND, "0x" + foreign.raw_transaction.hex())
    rig.queue()
    rig.step()
    assert rig.attempts(1)[0].nonce == 1
    rig.chain.ask("anvil_dropTransaction", transaction)
    rig.finish()
    assert rig.tally() == [1]
    assert [int(each["nonce"], 16) for each in rig.sent()] == [0, 1]


def test_data_fee_of_an_op_stack_chain_is_paid_for(make_rig: MakeRig) -> None:
    fee = 10**18
    rig = make_rig(data_fee="op_stack")
    code = "0x7f" + f"{fee:064x}" + "60005260206000f3"
    rig.chain.ask("anvil_setCode", "0x420000000000000000000000000000000000000F", code)
    rig.fund(fee)
    rig.queue()
    rig.step()
    assert "reserved, and needs" in str(rig.jobs()[0].error)
    rig.fund(2 * fee)
    rig.finish()
    assert rig.tally() == [1]
    rig.chain.ask("anvil_setCode", "0x420000000000000000000000000000000000000F", "0x")
    rig.queue()
    rig.step()
    assert "no GasPriceOracle" in str(rig.jobs()[1].error)


def test_chain_without_base_fee_gets_a_gas_price_and_bumps_it(tmp_path: Path) -> None:
    with bare_chain(31_338, "--hardfork", "berlin") as chain:
        rig = Rig(chain, f"sqlite:///{tmp_path}/relayer.db", changes={"bump_seconds": 30.0})
        (job,) = rig.queue()
        rig.step()
        rig.step(seconds=31)
        rig.finish()
        assert rig.tally() == [1]
        first, second, *_ = rig.attempts(job)
        assert second.maximum_fee * 10 >= first.maximum_fee * 11
        assert rig.sent()[0]["type"] == "0x0"
        rig.close()
