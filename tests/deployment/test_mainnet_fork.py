"""A deployment for real tokens, on a fork of Ethereum: where VERISTAKE_FORK_RPC_URL names a node of it.

The same steps run on a fork of a stand-in: an Anvil with Ethereum's chain id and mocks of token, provider and feed.
"""

import os

import pytest

from tests.deployment.support import DEPLOYER, anvil, command, contract, pass_time, read, transact
from veristake.contracts_tool.artifacts import Artifacts

FORK_URL = os.environ.get("VERISTAKE_FORK_RPC_URL", "")
WEETH = "0xCd5fE23C85820F7B72D0926FC9b05b43E359b7ee"
WEETH_PRICE_FEED = "0x5c9C449BbC9a6075A2c061dF312a35fd1E05fF22"
EZETH = "0xbf5495Efe5DB9ce00f80364C8B423567e58d2110"
EZETH_RATE_PROVIDER = "0x387dBc0fB00b26fb085aa658527D5BE98302c84C"
EZETH_PRICE_FEED = "0x636A000262F6aA9e1F094ABF0aD8f645C44f641C"
REAL_ASSETS = {
    # ether.fi's wrapped eETH answers getRate() itself
    "weETH": (WEETH, WEETH, WEETH_PRICE_FEED),
    # Renzo's token does not: its rate provider, made for Balancer, does
    "ezETH": (EZETH, EZETH_RATE_PROVIDER, EZETH_PRICE_FEED),
}
"""Token, rate provider, Chainlink's feed in ETH (18 decimals, heartbeat one day)."""
EPOCH = 3600
HEAD = """
kind = "home"
chain_id = 31337
circuit = "{circuit}"
epoch_length = {epoch}
[account]
test_index = 0
"""
ASSET = """
[assets.{symbol}]
heartbeat = 86400
[assets.{symbol}.existing]
token = "{token}"
rate_provider = "{rate_provider}"
price_feed = "{price_feed}"
"""


def write_fork_plan(folder, circuit, assets):
    """The fork has a local chain's id, because the test circuit's SRS is for development."""
    tables = (
        ASSET.format(symbol=symbol, token=token, rate_provider=provider, price_feed=feed)
        for symbol, (token, provider, feed) in assets.items()
    )
    plan = folder / "plan.toml"
    plan.write_text(HEAD.format(circuit=circuit.directory, epoch=EPOCH) + "".join(tables), "utf-8")
    return plan


def check_fork(fork_url, circuit, folder, assets):
    """Deploy for existing assets on a fork, compare, and observe each of them."""
    plan, output = write_fork_plan(folder, circuit, assets), folder / "out"
    with anvil(31337, "--fork-url", fork_url, "--timeout", "45000", "--retries", "10") as (url, web3):
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", output)
        assert result.exit_code == 0, result.stderr
        assert command("check", output / "31337.json", "--rpc", url).exit_code == 0
        pass_time(web3, EPOCH - web3.eth.get_block("latest")["timestamp"] % EPOCH)
        observer = contract(web3, read(output / "31337.json"), "AssetObserver")
        for token, _, _ in assets.values():
            transact(web3, observer.functions.observe(token))
            assert observer.functions.latestEpoch(token).call() > 0


@pytest.mark.skipif(not FORK_URL, reason="VERISTAKE_FORK_RPC_URL is not set: no node of Ethereum to fork")
def test_deploy_on_fork_of_ethereum_observes_real_tokens(circuit, tmp_path):
    check_fork(FORK_URL, circuit, tmp_path, REAL_ASSETS)


@pytest.fixture(scope="module")
def stand_in(project):
    """A node with Ethereum's chain id and two mock assets: (URL, web3, assets); one rates itself, as weETH does."""
    artifacts = Artifacts(project)

    def made(web3, name, *arguments):
        kind = artifacts.get(name)
        factory = web3.eth.contract(abi=kind.abi, bytecode=kind.init_code)
        receipt = web3.eth.wait_for_transaction_receipt(factory.constructor(*arguments).transact({"from": DEPLOYER}))
        return web3.eth.contract(receipt["contractAddress"], abi=kind.abi)

    def priced(web3):
        feed = made(web3, "MockPriceFeed", 18, "MOCK / ETH")
        now = web3.eth.get_block("latest")["timestamp"]
        transact(web3, feed.functions.setAnswer(1_044_000_000_000_000_000, now))
        return feed.address

    with anvil(1) as (url, web3):
        own = made(web3, "MockLiquidRestakingToken", "Mock weETH", "weETH", 1_045_000_000_000_000_000)
        plain = made(web3, "MockWrappedEther")
        provider = made(web3, "MockRateProvider", 1_025_000_000_000_000_000)
        for token in (own, plain):
            transact(web3, token.functions.mint(DEPLOYER, 10**24))
        assets = {
            "weETH": (own.address, own.address, priced(web3)),
            "ezETH": (plain.address, provider.address, priced(web3)),
        }
        yield url, web3, assets


def test_deploy_on_fork_of_stand_in_observes_tokens_that_it_did_not_make(stand_in, circuit, tmp_path):
    check_fork(stand_in[0], circuit, tmp_path, stand_in[2])


@pytest.mark.parametrize(
    ("symbol", "place", "field", "words"),
    [
        ("weETH", 1, "rate_provider", ("ether.fi's weETH", "getRate()")),
        ("ezETH", 1, "rate_provider", ("Renzo's ezETH", "getRate()")),
        ("ezETH", 2, "price_feed", ("Chainlink feed", "decimals()")),
        ("weETH", 0, "token", ("ERC-20", "totalSupply()")),
    ],
)
def test_deploy_on_fork_without_a_protocols_interface_names_what_was_expected(
    stand_in, circuit, tmp_path, symbol, place, field, words
):
    """The deterministic deployment proxy at an address: a contract that has none of those views."""
    fork_url, web3, assets = stand_in
    parts = list(assets[symbol])
    parts[place] = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
    plan = write_fork_plan(tmp_path, circuit, {**assets, symbol: parts})
    with anvil(31337, "--fork-url", fork_url) as (url, _):
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out")
    assert result.exit_code == 1
    for word in (f"assets.{symbol}.existing.{field}", parts[place], *words):
        assert word in result.stderr
    assert web3.eth.chain_id == 1


def test_deploy_for_real_tokens_on_a_node_that_is_not_ethereums_is_named(circuit, tmp_path):
    """What somebody sees who forks the wrong chain."""
    plan = write_fork_plan(tmp_path, circuit, REAL_ASSETS)
    with anvil(31337) as (url, _):
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out")
    assert f"assets.weETH.existing.token {WEETH} is no contract on chain 31337" in result.stderr
