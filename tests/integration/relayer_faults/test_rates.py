"""Limits of requests, before an endpoint has to complain; the clock is the test's."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import ValidationError

from relayer.rpc import Endpoint, EndpointError
from relayer.settings import ChainSettings
from statements.errors import ChainError
from tests.integration.relayer_faults.conftest import MakeRig
from tests.integration.relayer_rig import BareChain
from tests.integration.rpc_proxy import Fault, RpcProxy


class Clock:
    """Moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class StoppedClock(Clock):
    """Does not move at all."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class SharedClock(Clock):
    """Moves to the next sleeper's moment, once all that can have begun to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        moment = self.now + seconds
        self.moments.append(moment)
        await asyncio.sleep(0)
        while moment > min(self.moments):
            await asyncio.sleep(0)
        self.moments.remove(moment)
        self.now = max(self.now, moment)


def with_endpoint(url: str, clock: Clock, work: Callable[[Endpoint], Awaitable[None]], **about: float) -> None:
    async def run() -> None:
        endpoint = Endpoint(
            url,
            chain_id=31337,
            timeout=about.get("timeout", 5.0),
            requests_per_second=2.0,
            clock=lambda: clock.now,
            sleep=clock.sleep,
        )
        try:
            await work(endpoint)
        finally:
            await endpoint.close()

    asyncio.run(run())


def test_ask_waits_for_its_turn_and_the_chain_id_counts(chain: BareChain) -> None:
    clock = Clock()

    async def work(endpoint: Endpoint) -> None:
        for _ in range(4):
            assert int(await endpoint.ask("eth_blockNumber"), 16) >= 0

    with_endpoint(chain.url, clock, work)
    # five requests at two a second, the first at once
    assert (len(clock.slept), clock.now) == (4, pytest.approx(102.0))


def test_ask_longer_than_its_patience_is_left_to_another_endpoint(chain: BareChain) -> None:
    async def work(endpoint: Endpoint) -> None:
        await endpoint.check_chain_id()
        assert endpoint.rank == (False, True, 0)
        # the clock stands still: the others wait behind each other
        many = [endpoint.ask("eth_blockNumber") for _ in range(6)]
        answers = await asyncio.gather(*many, return_exceptions=True)
        assert [isinstance(answer, EndpointError) for answer in answers] == [False] * 2 + [True] * 4
        assert "requests_per_second" in str(answers[-1])
        assert endpoint.health.failures == 0

    with_endpoint(chain.url, StoppedClock(), work, timeout=1.0)


def test_first_endpoint_at_its_limit_the_second_is_read(make_rig: MakeRig, proxy: RpcProxy) -> None:
    rig = make_rig(proxy.url, proxy.node, requests_per_second=(0.001, 0.0))
    rig.queue(3)
    rig.step()
    rig.chain.mine()
    assert rig.tally() == [1, 1, 1]
    # the chain id, and nothing that would have to wait for a quarter of an hour
    assert dict(proxy.asked) == {"eth_chainId": 1}


def test_more_in_flight_than_the_rate_lets_through_at_once_are_followed_all(make_rig: MakeRig) -> None:
    rig = make_rig(rpc_timeout_seconds=5.0)
    jobs = rig.queue(24)
    rig.step(mine=1)
    rig.changes["requests_per_second"] = (2.0,)
    rig.restart()
    clock = SharedClock()
    # within its patience of five seconds ten requests get their turn
    rig.parts.chain.endpoints[:] = [
        Endpoint(
            rig.chain.url,
            chain_id=rig.chain.chain_id,
            timeout=5.0,
            requests_per_second=2.0,
            clock=lambda: clock.now,
            sleep=clock.sleep,
        )
    ]
    rig.step()
    assert rig.states() == ["included"] * len(jobs)


def test_rest_that_an_endpoint_wants_halfway_keeps_what_was_learned(make_rig: MakeRig, proxy: RpcProxy) -> None:
    rig = make_rig(proxy.url)
    rig.queue(10)
    rig.step(mine=1)
    answered = 0

    def count(_: object, receipt: object) -> object:
        nonlocal answered
        answered += 1
        if answered == 8:
            proxy.faults.append(Fault(status=429))
        return receipt

    proxy.faults.append(Fault("eth_getTransactionReceipt", change=count, times=8))
    with pytest.raises(ChainError, match=r"too many requests|rate limit"):
        rig.step()
    assert rig.states() == ["included"] * 8 + ["sent"] * 2


def test_settings_figures_that_do_not_fit_the_endpoints_are_refused() -> None:
    fields: dict[str, object] = {
        "name": "home",
        "chain_id": 1,
        "endpoints": ("http://a.example", "http://b.example"),
        "risk_feed": "0x" + "01" * 20,
        "keystore": "k",
        "password_file": "p",
    }
    made = [
        ChainSettings.model_validate({**fields, "requests_per_second": rates}).endpoint_rates
        for rates in ((0,), (5,), (5, 0))
    ]
    assert made == [(None, None), (5.0, 5.0), (5.0, None)]
    with pytest.raises(ValidationError, match="3 figures for 2 endpoints"):
        ChainSettings.model_validate({**fields, "requests_per_second": (1.0, 2.0, 3.0)})
