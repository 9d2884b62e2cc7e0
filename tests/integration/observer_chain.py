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
        call = contract.functions[function](*arguments)
        receipt = self.chain.wait_for(call.transact({"from": self.chain.accounts[0], "gas": 5_000_000}).to_0x_hex())
        assert receipt["status"] == 1, function

    def observe(self, epoch: int, rate: int, price: int) -> None:
        """Go to the epoch and observe it."""
        self.chain.call("evm_setNextBlockTimestamp", epoch * HOUR + 5)
        self.send(self.token, "setRate", rate)
        self.send(self.price_feed, "setAnswer", price, epoch * HOUR)
        self.send(self.observer, "observe", self.token.address)


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
        owner = chain.accounts[0]
        authority = deploy(chain, "Authority", owner)
        token = deploy(chain, "MockLiquidRestakingToken", "Renzo", "ezETH", WEI)
        price_feed = deploy(chain, "MockPriceFeed", 18, "ezETH / ETH")
        deposit = deploy(chain, "OmronDeposit", owner, [token.address])
        zero = "0x" + "00" * 20
        observer = deploy(chain, "AssetObserver", authority.address, deposit.address, HOUR, 24, zero)
        home = ObservedHome(chain, observer, token, price_feed, deposit, parameters)
        features = tuple(parameters.model_dump().values())
        home.send(token, "mint", owner, SUPPLY)
        home.send(token, "approve", deposit.address, SUPPLY)
        config = (token.address, price_feed.address, 24 * HOUR, features)
        home.send(observer, "addAssetConfig", token.address, config)
        yield home
