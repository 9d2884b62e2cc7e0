"""Nodes and networks that misbehave: nothing lost, nothing sent twice, the end state counted on the chain."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from statements.errors import ChainError
from tests.integration.relayer_rig import ONCE, BareChain, Rig, bare_chain
from tests.integration.rpc_proxy import Fault, RpcProxy, rpc_proxy

SEND = "eth_sendRawTransaction"
MakeRig = Callable[..., Rig]


@pytest.fixture(scope="module")
def chain() -> Iterator[BareChain]:
    with bare_chain() as made:
        yield made


@pytest.fixture(scope="module")
def running_proxy(chain: BareChain) -> Iterator[RpcProxy]:
    with rpc_proxy(chain.url) as made:
        yield made


@pytest.fixture
def proxy(running_proxy: RpcProxy) -> Iterator[RpcProxy]:
    yield running_proxy
    running_proxy.faults.clear()
    running_proxy.asked.clear()


@pytest.fixture
def make_rig(chain: BareChain, tmp_path: Path) -> Iterator[MakeRig]:
    made: list[Rig] = []

    def make(*endpoints: str, **changes: object) -> Rig:
        made.append(Rig(chain, f"sqlite:///{tmp_path}/relayer.db", endpoints, changes))
        return made[-1]

    yield make
    for rig in made:
        rig.close()


def test_several_jobs_land_once_each_with_nonces_in_order(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.queue(20)
    rig.finish()
    assert rig.tally() == [1] * 20
    assert [int(each["nonce"], 16) for each in rig.sent()] == list(range(20))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(SEND, error=(-32000, "already known"), forward=True),
        Fault(SEND, error=(-32000, "nonce too low")),
        Fault(SEND, error=(-32000, "nonce too low"), forward=True),
        Fault(SEND, error=(-32000, "nonce too high")),
        Fault(SEND, error=(-32000, "replacement transaction underpriced")),
        Fault(SEND, error=(-32000, "insufficient funds for gas * price + value")),
        Fault(SEND, error=(3, "execution reverted: nonce too low")),
        Fault(SEND, error=(-32000, "internal error"), forward=True),
        Fault(SEND, status=429),
        Fault(SEND, status=503),
        Fault(SEND, drop=True),
        Fault("eth_call", error=(-32000, "header not found")),
        Fault("eth_estimateGas", status=503),
        Fault("eth_estimateGas", drop=True),
        Fault("eth_getTransactionCount", change=lambda _, found: None),
        Fault("eth_getTransactionReceipt", change=lambda _, found: {}),
    ],
    ids=lambda fault: f"{fault.method}-{fault.error or fault.status or 'bad'}-{'kept' if fault.forward else 'lost'}",
)
def test_one_bad_answer_loses_nothing_and_sends_nothing_twice(make_rig: MakeRig, proxy: RpcProxy, fault: Fault) -> None:
    rig = make_rig(proxy.url)
    rig.queue(2)
    fault.times = 1
    proxy.faults.append(fault)
    for _ in range(3):
        try_step(rig)
    assert fault.times == 0
    proxy.faults.clear()
    rest(rig)
    rig.finish()
    assert rig.tally() == [1, 1]
    assert len(rig.sent()) == 2


def try_step(rig: Rig) -> None:
    """A step whose failure the writer's loop would log and wait out."""
    try:
        rig.step(mine=1)
    except (ChainError, TypeError, KeyError, AttributeError):
        rig.chain.mine()


def rest(rig: Rig) -> None:
    """The endpoints' pauses are over; a test does not wait for them."""
    for endpoint in rig.parts.chain.endpoints:
        endpoint.health.limited_until = endpoint.health.shunned_until = 0.0


@pytest.mark.parametrize("fault", [Fault(drop=True), Fault(status=503), Fault(status=429), Fault(seconds=3.0)])
def test_one_endpoint_out_of_order_the_other_serves(make_rig: MakeRig, proxy: RpcProxy, fault: Fault) -> None:
    rig = make_rig(proxy.url, proxy.node, rpc_timeout_seconds=0.2)
    rig.queue(2)
    proxy.faults.append(fault)
    rig.finish()
    assert rig.tally() == [1, 1]
    # it is left alone for a while, not asked for each read
    assert sum(proxy.asked.values()) < 10


def test_all_endpoints_down_jobs_wait_and_go_on(make_rig: MakeRig, proxy: RpcProxy) -> None:
    rig = make_rig(proxy.url)
    rig.queue()
    rig.step()
    proxy.faults.append(Fault(drop=True))
    for _ in range(3):
        with pytest.raises(ChainError, match="gives no answer"):
            rig.step()
    proxy.faults.clear()
    rest(rig)
    rig.finish()
    assert rig.tally() == [1]
    assert len(rig.sent()) == 1


def test_endpoint_that_comes_back_as_another_chain_is_not_used(make_rig: MakeRig, proxy: RpcProxy) -> None:
    rig = make_rig(proxy.url, proxy.node)
    rig.queue()
    rig.step()
    proxy.faults += [Fault("eth_getTransactionCount", drop=True, times=1)]
    rig.step()
    proxy.faults += [Fault("eth_chainId", change=lambda *_: "0x5")]
    rest(rig)
    before = proxy.asked[SEND]
    rig.queue()
    rig.finish()
    assert proxy.asked["eth_chainId"] > 1
    assert proxy.asked[SEND] == before
    assert rig.tally() == [1, 1]


def test_rate_limit_endpoint_is_left_alone_for_as_long_as_it_says(make_rig: MakeRig, proxy: RpcProxy) -> None:
    rig = make_rig(proxy.url)
    rig.queue()
    rig.step()
    proxy.faults.append(Fault(status=429))
    with pytest.raises(ChainError, match="too many requests"):
        rig.step()
    asked = sum(proxy.asked.values())
    with pytest.raises(ChainError, match="of rest"):
        rig.step()
    assert sum(proxy.asked.values()) == asked


def test_lying_null_receipts_of_one_endpoint_are_found_out(make_rig: MakeRig, proxy: RpcProxy) -> None:
    rig = make_rig(proxy.url, proxy.node)
    rig.queue()
    proxy.faults.append(Fault("eth_getTransactionReceipt", change=lambda *_: None))
    rig.finish()
    assert rig.tally() == [1]
    assert len(rig.sent()) == 1


def test_lying_null_receipts_of_the_only_endpoint_never_lead_to_another_transaction(
    make_rig: MakeRig, proxy: RpcProxy
) -> None:
    rig = make_rig(proxy.url)
    (job,) = rig.queue()
    lies = Fault("eth_getTransactionReceipt", change=lambda *_: None)
    proxy.faults.append(lies)
    rig.step(8, mine=1)
    assert rig.states() == ["sent"]
    assert "no endpoint gives its receipt" in str(rig.jobs()[0].error)
    proxy.faults.clear()
    rig.finish()
    assert rig.tally() == [1]
    assert len(rig.attempts(job)) == 1


def test_heads_out_of_order_do_no_harm(make_rig: MakeRig, proxy: RpcProxy) -> None:
    rig = make_rig(proxy.url)
    rig.chain.mine(4)
    old = rig.chain.ask("eth_getBlockByNumber", hex(rig.chain.height - 3), False)
    answers = iter([True, False] * 50)

    def sometimes_old(params: list[Any], found: Any) -> Any:
        return old if params[0] == "latest" and next(answers) else found

    proxy.faults.append(Fault("eth_getBlockByNumber", change=sometimes_old))
    rig.queue(3)
    rig.finish(20)
    assert rig.tally() == [1, 1, 1]
    assert len(rig.sent()) == 3


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
    # the competitor pays more, lands first in the block, and ours reverts
    call = {"from": rig.chain.web3.eth.accounts[0], "to": rig.target, "gas": hex(100_000)}
    fees = {"maxFeePerGas": hex(10**12), "maxPriorityFeePerGas": hex(10**11)}
    words = rig.jobs()[0].statement_id
    rig.chain.ask("eth_sendTransaction", {**call, **fees, "data": f"{words}{ONCE:064x}"})
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


def test_bump_by_the_operator_replaces_once(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue()
    rig.step()
    rig.desk.bump(job)
    rig.step(2)
    assert [attempt.replacement for attempt in rig.attempts(job)] == [0, 1]
    rig.finish()
    assert rig.tally() == [1]
    assert rig.sent()[0]["hash"] == rig.attempts(job)[1].hash == rig.jobs()[0].transaction


def test_cancel_sent_job_ends_by_a_self_send_once_it_is_final(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue()
    rig.step()
    rig.desk.cancel(job)
    rig.step(mine=1)
    rig.step()
    assert rig.states() == ["sent"]
    rig.finish()
    assert rig.states() == ["cancelled"]
    assert rig.tally() == [0]
    (transaction,) = rig.sent()
    assert transaction["to"].lower() == rig.account.address.lower()
    rig.desk.retry(job)
    rig.finish()
    assert rig.tally() == [1]


def test_cancel_too_late_is_success(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    (job,) = rig.queue()
    rig.step()
    rig.chain.mine()
    rig.desk.cancel(job)
    rig.finish()
    assert rig.states() == ["finalized"]
    assert rig.tally() == [1]


def test_expired_while_waiting_costs_nothing_and_in_flight_is_called_off(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    rig.queue(expires_at=rig.now + 5)
    rig.queue(expires_at=rig.now + 15)
    rig.step()
    assert rig.states() == ["expired", "sent"]
    rig.step(mine=1)
    rig.finish()
    assert rig.states() == ["expired", "expired"]
    assert rig.tally() == [0, 0]
    assert len(rig.sent()) == 1


def test_paused_chain_follows_but_signs_nothing_new(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.queue()
    rig.step()
    rig.desk.pause(rig.chain.chain_id)
    rig.queue()
    rig.step(6, mine=1)
    assert rig.states() == ["finalized", "queued"]
    rig.desk.resume(rig.chain.chain_id)
    rig.finish()
    assert rig.tally() == [1, 1]


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
