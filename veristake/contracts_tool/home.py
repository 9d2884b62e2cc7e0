"""The home chain's side: tokens, deposits and the observer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from statements.deployment import ObservedConfig
from statements.features_hash import features_hash
from veristake.contracts_tool.authority import Configuration
from veristake.contracts_tool.deployer import Contract, Deployer
from veristake.contracts_tool.deposit_step import deploy_deposit_side
from veristake.contracts_tool.expected import NO_ADDRESS
from veristake.contracts_tool.plan import AssetPlan, HomePlan, MockAsset

_PRICE_DECIMALS = 18


@dataclass(frozen=True)
class ObservedAsset:
    """Addresses of a token and of what says what it is worth, and how it is read; the latter on the home chain only."""

    token: str
    rate_provider: str | None = None
    price_feed: str | None = None
    observed: ObservedConfig | None = None


@dataclass(frozen=True)
class HomeSide:
    """What the home chain has beyond other chains."""

    deposit: Contract
    observer: Contract
    around: dict[str, Contract]
    features_hash: str
    assets: dict[str, ObservedAsset]


def deploy_home_side(
    deployer: Deployer, plan: HomePlan, authority: Contract, configuration: Configuration, input_scale_bits: int
) -> HomeSide:
    """Deploy tokens where the plan asks for mocks, OmronDeposit and AssetObserver; their configuration is collected.

    Args:
        deployer: who deploys.
        plan: what to deploy.
        authority: AccessManager that owns the contracts.
        configuration: takes the calls that list tokens and add asset configs.
        input_scale_bits: scale of the circuit's inputs.

    Raises:
        ChainError: a transaction reverted or could not be sent.
    """
    assets = {symbol: _asset(deployer, symbol, asset) for symbol, asset in plan.assets.items()}
    deposit = deployer.create("OmronDeposit", authority.address, [])
    observer = deployer.create(
        "AssetObserver",
        authority.address,
        deposit.address,
        plan.epoch_length,
        plan.config_delay_epochs,
        plan.sequencer_feed or NO_ADDRESS,
    )
    tokens = {symbol: asset.token for symbol, asset in assets.items()}
    around = deploy_deposit_side(deployer, plan, authority, configuration, deposit, tokens)
    factors = plan.features
    features = (
        factors.premium_factor,
        factors.premium_change_factor,
        factors.flow_factor,
        factors.rate_growth_factor,
        input_scale_bits,
    )
    for symbol, asset in list(assets.items()):
        config = (asset.rate_provider, asset.price_feed, plan.assets[symbol].heartbeat, features)
        configuration.execute(observer, "addAssetConfig", asset.token, config)
        observed = ObservedConfig(config_version=1, heartbeat=plan.assets[symbol].heartbeat, features=features)
        assets[symbol] = replace(asset, observed=observed)
    return HomeSide(
        deposit=deposit, observer=observer, around=around, features_hash=features_hash(*features), assets=assets
    )


def _asset(deployer: Deployer, symbol: str, plan: AssetPlan) -> ObservedAsset:
    if plan.existing is not None:
        return ObservedAsset(plan.existing.token, plan.existing.rate_provider, plan.existing.price_feed)
    if plan.mock is None:
        raise AssertionError("the plan has been checked: it is either existing or mock")
    return _mock_asset(deployer, symbol, plan.mock)


def _mock_asset(deployer: Deployer, symbol: str, plan: MockAsset) -> ObservedAsset:
    if plan.kind == "wrapped_ether":
        token = deployer.create_owned("MockWrappedEther", symbol)
        rate_provider = deployer.create_owned("MockRateProvider", symbol, plan.initial_rate)
    else:
        token = deployer.create_owned("MockLiquidRestakingToken", symbol, f"Mock {symbol}", symbol, plan.initial_rate)
        rate_provider = token
    feed = deployer.create_owned("MockPriceFeed", symbol, _PRICE_DECIMALS, f"MOCK {symbol} / ETH")
    deployer.send(f"pricing {symbol}", feed, "setAnswer", plan.price, deployer.now(), done=lambda: _is_priced(feed))
    deployer.send(
        f"minting {symbol}",
        token,
        "mint",
        deployer.sender.address,
        plan.supply,
        done=lambda: bool(token.functions.totalSupply().call()),
    )
    return ObservedAsset(token.address, rate_provider.address, feed.address)


def _is_priced(feed: Contract) -> bool:
    from web3.exceptions import ContractLogicError

    try:
        return bool(feed.functions.latestRoundData().call())
    except ContractLogicError:  # NoAnswer
        return False
