"""What the admin may change in ordinary operation: asset configs, limits of scores, listed tokens, attesters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from statements.deployment import DeployedAsset, Deployment, ObservedConfig, ScoreLimits
from veristake.contracts_tool.difference import Difference
from veristake.contracts_tool.live_contract import live_contract

if TYPE_CHECKING:
    from web3 import Web3

FEATURE_NAMES = ("premium_factor", "premium_change_factor", "flow_factor", "rate_growth_factor", "input_scale_bits")
_COMPARED = ("AssetObserver", "RiskFeed", "OmronDeposit", "AttestedInputs")
_MEANT = "If it is meant, record it: correct the deployment's file; otherwise ask its admin"


def config_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    """Compare what is recorded of assets and attesters; what a record does not say is not compared."""
    contracts = {
        name: live_contract(web3, name, deployment.address(name)) for name in _COMPARED if name in deployment.contracts
    }
    for symbol, asset in deployment.assets.items():
        if asset.observed is not None and "AssetObserver" in contracts:
            yield from _config_differences(symbol, asset, asset.observed, contracts["AssetObserver"])
        if asset.limits is not None and "RiskFeed" in contracts:
            yield from _limit_differences(symbol, asset, asset.limits, contracts["RiskFeed"])
    if "OmronDeposit" in contracts:
        tokens = {asset.token for asset in deployment.assets.values()}
        live = contracts["OmronDeposit"].functions.getAllWhitelistedTokens().call()
        yield from _membership(tokens, live, "token {} of OmronDeposit", ("listed", "not listed"))
    if deployment.attesters is not None and "AttestedInputs" in contracts:
        yield from _attester_differences(deployment.attesters, contracts["AttestedInputs"])


def _config_differences(
    symbol: str, asset: DeployedAsset, recorded: ObservedConfig, observer: Any
) -> Iterator[Difference]:
    count = int(observer.functions.configVersionCount(asset.token).call())
    if count == 0:
        yield Difference(f"{symbol} config", f"version {recorded.config_version}", "none", "Is this the right record?")
        return
    live = observer.functions.assetConfig(asset.token, count).call()
    pairs: dict[str, tuple[object, object]] = {
        "config_version": (recorded.config_version, count),
        "rate_provider": (asset.rate_provider, live.rateProvider),
        "price_feed": (asset.price_feed, live.priceFeed),
        "heartbeat": (recorded.heartbeat, live.heartbeat),
    }
    for place, name in enumerate(FEATURE_NAMES):
        pairs[f"features.{name}"] = (recorded.features[place], live.features[place])
    for field, (expected, found) in pairs.items():
        if expected != found:
            yield Difference(f"{symbol}.{field}", str(expected), str(found), _MEANT)


def _limit_differences(symbol: str, asset: DeployedAsset, recorded: ScoreLimits, feed: Any) -> Iterator[Difference]:
    live = feed.functions.limitsOf(asset.token).call()
    for field, expected, found in (
        ("limits.heartbeat", recorded.heartbeat, live.heartbeat),
        ("limits.maximum_age", recorded.maximum_age, live.maximumAge),
    ):
        if expected != found:
            yield Difference(f"{symbol}.{field}", f"{expected} s", f"{found} s", _MEANT)


def _attester_differences(recorded: tuple[str, ...], inputs: Any) -> Iterator[Difference]:
    live = inputs.functions.attesters().call()
    yield from _membership(set(recorded), live, "attester {} of AttestedInputs", ("may sign", "may not sign"))
    announced, needed, ready_at = inputs.functions.announcedAttesters().call()
    if ready_at:
        coming = f"{needed} of {', '.join(announced)} from {ready_at} on"
        yield Difference("AttestedInputs announced attesters", "none", coming, "Is this meant? Anybody can accept them")


def _membership(recorded: set[str], live: list[str], what: str, words: tuple[str, str]) -> Iterator[Difference]:
    """Each element that is in one set only."""
    inside, outside = words
    for element in sorted(recorded ^ set(live)):
        pair = (inside, outside) if element in recorded else (outside, inside)
        yield Difference(what.format(element), *pair, _MEANT)
