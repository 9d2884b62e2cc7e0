"""Nodes that misbehave: nothing lost, nothing sent twice, the end state counted on the chain."""

from typing import Any

import pytest

from statements.errors import ChainError
from tests.integration.relayer_faults.conftest import MakeRig
from tests.integration.relayer_rig import SEND, Rig
from tests.integration.rpc_proxy import Fault, RpcProxy


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


def test_block_that_cannot_be_read_after_a_reorganisation_is_asked_for_again(
    make_rig: MakeRig, proxy: RpcProxy
) -> None:
    rig = make_rig(proxy.url)
    rig.queue()
    rig.step(mine=1)
    rig.step(mine=1)
    rig.step()
    assert rig.states() == ["included"]
    hidden = hex(rig.chain.height - 1)
    rig.chain.ask("anvil_reorg", 2, [])
    proxy.faults.append(
        Fault("eth_getBlockByNumber", change=lambda asked, block: None if asked[0] == hidden else block)
    )
    rig.step()
    assert rig.states() == ["included"]
    proxy.faults.clear()
    rig.step()
    assert rig.states() == ["sent"]
    rig.finish()
    assert rig.tally() == [1]


def test_block_newer_than_the_head_of_its_look_is_seen_to_go(make_rig: MakeRig, proxy: RpcProxy) -> None:
    rig = make_rig(proxy.url)
    rig.queue()
    rig.step()
    before = rig.chain.ask("eth_getBlockByNumber", "latest", False)
    rig.chain.mine()
    proxy.faults.append(
        Fault("eth_getBlockByNumber", change=lambda asked, block: before if asked[0] == "latest" else block)
    )
    rig.step()
    assert rig.states() == ["included"]
    proxy.faults.clear()
    rig.chain.ask("anvil_reorg", 1, [])
    rig.step()
    assert rig.states() == ["sent"]
    rig.finish()
    assert rig.tally() == [1]
