"""The keeper on a real chain: epochs get their observation once, together when they can, singly when not."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from eth_account import Account
from sqlalchemy import Engine

from relayer.assembly import build_chain
from relayer.doctor import examine_chain
from relayer.keys import KeystoreSigner
from relayer.observing import Keeper
from relayer.outbox.database import open_database
from relayer.outbox.keeper_store import KeeperStore
from relayer.outbox.views import Views
from relayer.settings import ChainSettings, FinalitySettings, KeeperSettings
from staking_model.features import FeatureParameters
from tests.integration.observer_chain import (
    HOUR,
    START_EPOCH,
    WEI,
    ObservedHome,
    add_asset,
    deploy,
    observed_home,
)

KEEPER = Account.from_key("0x" + "44" * 32)
PARAMETERS = FeatureParameters(
    premium_factor=1, premium_change_factor=1, flow_factor=1, rate_growth_factor=1, input_scale_bits=12
)


@dataclass
class Kept:
    """A keeper of two assets."""

    home: ObservedHome
    settings: ChainSettings
    assets: list[str]
    feeds: list[object]
    engine: Engine
    now: float = 1000.0
    queued: list[int] = field(default_factory=list)

    def at(self, epoch: int, *, second: int = 5) -> None:
        """Go to a second of an epoch; every market has a fresh price."""
        self.home.chain.call("evm_setNextBlockTimestamp", epoch * HOUR + second)
        for feed in self.feeds:
            self.home.send(feed, "setAnswer", WEI, epoch * HOUR + second - 1)  # type: ignore[arg-type] # a contract

    def steps(self, count: int = 3) -> None:
        async def run() -> None:
            signer = KeystoreSigner(Account.from_key(KEEPER.key))
            parts = build_chain(self.settings, self.engine, signer, clock=lambda: self.now)
            keeper = Keeper(
                parts.chain, self.settings, KeeperStore(self.engine, lambda: self.now), on_jobs=lambda: None
            )
            try:
                await parts.writer.connect()
                for _ in range(count):
                    self.queued += await keeper.look()
                    self.now += 10
                    await parts.writer.step(asyncio.Event())
            finally:
                await parts.chain.close()

        asyncio.run(run())

    def states(self) -> dict[int, tuple[str, str]]:
        jobs = Views(self.engine, {}).jobs().jobs
        return {job.id: (str(job.kind), str(job.state)) for job in jobs[::-1]}

    def sent(self) -> int:
        return int(self.home.chain.web3.eth.get_transaction_count(KEEPER.address))

    def epochs(self) -> list[int]:
        return [int(self.home.observer.functions.latestEpoch(asset).call()) for asset in self.assets]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ObservedHome, str, object, str]]:
    with observed_home(tmp_path_factory.mktemp("keeper"), PARAMETERS) as home:
        chain = home.chain
        other = add_asset(chain, home.observer, "oETH", PARAMETERS)
        multicall = deploy(chain, "MockMulticall3")
        chain.call("anvil_setBalance", KEEPER.address, hex(10**20))
        yield home, other.token.address, other.price_feed, multicall.address


@pytest.fixture
def kept(running: tuple[ObservedHome, str, object, str], tmp_path: Path) -> Iterator[Kept]:
    home, second_token, second_feed, multicall = running
    before = home.chain.call("evm_snapshot")
    assets = [home.token.address, second_token]
    settings = ChainSettings(
        name="home",
        chain_id=31337,
        endpoints=(home.chain.url,),
        risk_feed=home.observer.address,
        keystore=tmp_path / "k",
        password_file=tmp_path / "p",
        finality=FinalitySettings(mode="depth", depth=50),
        multicall=multicall,
        keeper=KeeperSettings(observer=home.observer.address, assets=tuple(assets)),
    )
    engine = open_database(f"sqlite:///{tmp_path}/relayer.db")
    yield Kept(home, settings, assets, [home.price_feed, second_feed], engine)
    engine.dispose()
    home.chain.call("evm_revert", before)


def test_look_open_window_observes_all_assets_in_one_transaction(kept: Kept) -> None:
    kept.at(START_EPOCH + 1)
    kept.steps()
    assert kept.states() == {1: ("observe", "included"), 2: ("observe", "included"), 3: ("batch", "included")}
    assert kept.epochs() == [START_EPOCH + 1] * 2
    assert kept.sent() == 1


def test_look_closed_window_queues_nothing(kept: Kept) -> None:
    kept.at(START_EPOCH + 1, second=700)
    kept.steps()
    assert (kept.states(), kept.sent()) == ({}, 0)


def test_look_one_asset_that_cannot_be_observed_leaves_the_other_alone(kept: Kept) -> None:
    kept.at(START_EPOCH + 1)
    kept.home.send(kept.feeds[1], "setAnswer", 0, (START_EPOCH + 1) * HOUR)  # type: ignore[arg-type] # a contract
    kept.steps()
    states = kept.states()
    assert states == {1: ("observe", "included"), 2: ("observe", "queued")}
    assert kept.epochs() == [START_EPOCH + 1, 0]
    kept.home.send(kept.feeds[1], "setAnswer", WEI, (START_EPOCH + 1) * HOUR)  # type: ignore[arg-type] # a contract
    kept.now += 60
    kept.steps()
    assert kept.epochs() == [START_EPOCH + 1] * 2
    assert kept.sent() == 2


def test_look_observed_by_somebody_else_costs_nothing(kept: Kept) -> None:
    kept.at(START_EPOCH + 1)
    for asset in kept.assets:
        kept.home.send(kept.home.observer, "observe", asset)
    kept.steps()
    assert [state for _, state in kept.states().values()] == ["seen_on_chain", "seen_on_chain"]
    assert kept.sent() == 0


def test_look_next_epoch_is_observed_again_and_once(kept: Kept) -> None:
    for epoch in (START_EPOCH + 1, START_EPOCH + 2):
        kept.at(epoch)
        kept.steps()
    assert len(kept.queued) == 4
    assert kept.sent() == 2


def test_look_window_that_closes_by_the_chain_s_time_ends_what_waits(kept: Kept) -> None:
    kept.at(START_EPOCH + 1)
    for feed in kept.feeds:
        kept.home.send(feed, "setAnswer", 0, (START_EPOCH + 1) * HOUR)  # type: ignore[arg-type] # a contract
    kept.steps()
    assert {state for _, state in kept.states().values()} == {"queued"}
    # the relayer's own clock hardly moves
    kept.home.chain.call("evm_setNextBlockTimestamp", (START_EPOCH + 1) * HOUR + 601)
    kept.home.chain.call("anvil_mine", 1)
    kept.now += 60
    kept.steps()
    assert {state for _, state in kept.states().values()} == {"expired"}
    assert kept.sent() == 0


@pytest.mark.parametrize(("seconds", "ok"), [(HOUR, True), (600, False)])
def test_examine_chain_epoch_of_the_keeper_is_compared_with_the_observer(kept: Kept, seconds: int, ok: bool) -> None:
    keeper = kept.settings.keeper
    assert keeper is not None
    changed = kept.settings.model_copy(update={"keeper": keeper.model_copy(update={"epoch_seconds": seconds})})
    (found,) = [each for each in asyncio.run(examine_chain(changed)) if each.name == "chain home: keeper"]
    assert found.ok is ok
    if not ok:
        assert f"keeper.epoch_seconds is 600, EPOCH_LENGTH of the observer at {keeper.observer} is 3600" in found.detail
        assert found.remedy == "Set keeper.epoch_seconds = 3600"
