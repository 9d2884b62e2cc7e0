"""A home chain with a real AssetObserver whose market a test moves by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3.contract import Contract

from staking_model.features import FeatureParameters
from tests.integration.forge_artifacts import PROJECT, artifact
from veristake.demo.anvil import LocalChain, start_chain
from veristake.demo.processes import ProcessGroup
from veristake.toolchain import find_tool

HOUR, START_EPOCH, WEI = 3600, 480_000, 10**18
SUPPLY = 1_000_000 * WEI


@dataclass(frozen=True)
class ObservedHome:
    """One asset on a home chain.

    Attributes:
        chain: the node.
        observer, token, price_feed, deposit: contracts.
        parameters: factors of config version 1.
    """

    chain: LocalChain
    observer: Contract
    token: Contract
    price_feed: Contract
    deposit: Contract
    parameters: FeatureParameters

    def send(self, contract: Contract, function: str, *arguments: Any) -> None:
        send(self.chain, contract, function, *arguments)

    def observe(self, epoch: int, rate: int, price: int) -> None:
        """Go to the epoch and observe it."""
        self.chain.call("evm_setNextBlockTimestamp", epoch * HOUR + 5)
        self.send(self.token, "setRate", rate)
        self.send(self.price_feed, "setAnswer", price, epoch * HOUR)
        self.send(self.observer, "observe", self.token.address)


@dataclass(frozen=True)
class ObservedAsset:
    """A token and its market price, both moved by hand.

    Attributes:
        token: that has a rate.
        price_feed: its market price in ETH.
    """

    token: Contract
    price_feed: Contract


def add_asset(chain: LocalChain, observer: Contract, symbol: str, parameters: FeatureParameters) -> ObservedAsset:
    """Another token, of which the first account has the whole supply, with its first observation config."""
    token = deploy(chain, "MockLiquidRestakingToken", symbol, symbol, WEI)
    price_feed = deploy(chain, "MockPriceFeed", 18, f"{symbol} / ETH")
    config = (token.address, price_feed.address, 24 * HOUR, tuple(parameters.model_dump().values()))
    send(chain, token, "mint", chain.accounts[0], SUPPLY)
    send(chain, observer, "addAssetConfig", token.address, config)
    return ObservedAsset(token, price_feed)


def send(chain: LocalChain, contract: Contract, function: str, *arguments: Any) -> None:
    """Call a contract from the first account, which has to succeed."""
    call = contract.functions[function](*arguments)
    receipt = chain.wait_for(call.transact({"from": chain.accounts[0], "gas": 5_000_000}).to_0x_hex())
    assert receipt["status"] == 1, function


def deploy(chain: LocalChain, name: str, *arguments: Any) -> Contract:
    made = artifact(name)
    factory = chain.web3.eth.contract(abi=made["abi"], bytecode=made["bytecode"]["object"])
    transaction = factory.constructor(*arguments).transact({"from": chain.accounts[0], "gas": 15_000_000})
    address = chain.wait_for(transaction.to_0x_hex())["contractAddress"]
    assert address is not None
    return chain.web3.eth.contract(address=address, abi=made["abi"])


@contextmanager
def bare_chain(folder: Path) -> Iterator[LocalChain]:
    with ProcessGroup(folder / "logs") as processes:
        start = START_EPOCH * HOUR - 600
        yield start_chain(processes, find_tool("anvil", PROJECT), 31337, genesis_timestamp=start)


@contextmanager
def observed_home(folder: Path, parameters: FeatureParameters) -> Iterator[ObservedHome]:
    """A chain with observer and asset, nothing observed yet."""
    with bare_chain(folder) as chain:
        observer, deposit = deploy_observer(chain)
        asset = add_asset(chain, observer, "ezETH", parameters)
        home = ObservedHome(chain, observer, asset.token, asset.price_feed, deposit, parameters)
        home.send(deposit, "addWhitelistedToken", asset.token.address)
        home.send(asset.token, "approve", deposit.address, SUPPLY)
        yield home


def deploy_observer(chain: LocalChain) -> tuple[Contract, Contract]:
    """An observer without assets, and the deposit contract that it asks."""
    owner = chain.accounts[0]
    authority = deploy(chain, "Authority", owner)
    deposit = deploy(chain, "OmronDeposit", owner, [])
    zero = "0x" + "00" * 20
    return deploy(chain, "AssetObserver", authority.address, deposit.address, HOUR, 24, zero), deposit
