"""Existing tokens, rate providers and price feeds that are not what their field says: named before anything is sent."""

import pytest

from statements.errors import ChainError
from tests.deployment.support import DEPLOYER, read, refused, transact, write_plan
from veristake.contracts_tool.asset_checks import check_existing_parts
from veristake.contracts_tool.plan import AssetPlan, ExistingAsset, HomePlan


def plan_with(path, changes=None, **more):
    """The deployed mocks of ezETH as a plan's existing asset, but for the changes."""
    asset = read(path).assets["ezETH"]
    parts = {"token": asset.token, "rate_provider": asset.rate_provider, "price_feed": asset.price_feed}
    existing = ExistingAsset(**(parts | (changes or {})))
    known = {"chain_id": 31337, "circuit": "circuit", "account": {"test_index": 0}}
    return HomePlan(**known, **more, assets={"ezETH": AssetPlan(heartbeat=60, existing=existing)})


def test_check_existing_parts_that_answer_are_taken(home):
    check_existing_parts(plan_with(home[2]), home[1])


@pytest.mark.parametrize(
    ("field", "contract", "words"),
    [
        ("token", None, "is no contract on chain 31337"),
        ("token", "AssetObserver", r"does not answer totalSupply\(\). Correct assets.ezETH.existing.token"),
        ("rate_provider", None, "is no contract on chain 31337"),
        ("rate_provider", "RiskFeed", r"does not answer getRate\(\).*ether.fi's weETH.*Renzo's ezETH"),
        ("price_feed", None, "is no contract on chain 31337"),
        ("price_feed", "VerifierRegistry", r"does not answer decimals\(\).*Chainlink feed"),
        ("price_feed", "RiskFeedAggregator:ezETH:exit_risk", r"does not answer latestRoundData\(\)"),
    ],
)
def test_check_existing_parts_wrong_address_is_named_with_the_interface(home, field, contract, words):
    _, web3, path = home
    address = DEPLOYER if contract is None else read(path).address(contract)
    with pytest.raises(ChainError, match=rf"assets.ezETH.existing.{field} {address} .*{words}"):
        check_existing_parts(plan_with(path, {field: address}), web3)


def test_check_existing_parts_feed_without_a_price_is_named(home):
    _, web3, path = home
    feed = read(path).assets["ezETH"].price_feed
    abi = [{"type": "function", "name": "setAnswer", "stateMutability": "nonpayable", "outputs": [],
            "inputs": [{"name": "", "type": "int256"}, {"name": "", "type": "uint256"}]}]  # fmt: skip
    now = web3.eth.get_block("latest")["timestamp"]
    transact(web3, web3.eth.contract(feed, abi=abi).functions.setAnswer(-5, now))
    with pytest.raises(ChainError, match=rf"price_feed {feed} answers latestRoundData\(\) with -5"):
        check_existing_parts(plan_with(path), web3)


def test_check_existing_parts_sequencer_feed_that_is_none_is_named(home):
    with pytest.raises(ChainError, match=f"sequencer_feed {DEPLOYER} is no contract"):
        check_existing_parts(plan_with(home[2], sequencer_feed=DEPLOYER), home[1])


def test_deploy_wrong_price_feed_is_refused_before_anything_is_sent(home, circuit, tmp_path):
    """It used to fail at the last transaction, when everything else was paid for."""
    asset = read(home[2]).assets["ezETH"]
    plan = write_plan(tmp_path, circuit, 'salt = "existing"')
    head, _ = plan.read_text("utf-8").split("[assets.ezETH.mock]")
    parts = f'token = "{asset.token}"\nrate_provider = "{asset.rate_provider}"\nprice_feed = "{DEPLOYER}"\n'
    plan.write_text(f"{head}[assets.ezETH.existing]\n{parts}", "utf-8")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", f"price_feed {DEPLOYER} is no contract")
