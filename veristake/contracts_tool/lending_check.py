"""What the sample lending protocol lends against: listed assets, the feed of each, its base loan-to-value.

Its caps, floor and grace period are constants of its code, whose hash is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from statements.deployment import DeployedAsset, Deployment
from veristake.contracts_tool.chain_events import events
from veristake.contracts_tool.difference import Difference
from veristake.contracts_tool.live_contract import live_contract

if TYPE_CHECKING:
    from web3 import Web3

LENDING = "SampleLendingProtocol"
_LISTED, _NOT_LISTED = "listed", "not listed"


def lending_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    """Compare each listing with the record; a record without loan-to-values is not compared."""
    contract = deployment.contracts.get(LENDING)
    recorded = {
        symbol: asset for symbol, asset in deployment.assets.items() if asset.base_loan_to_value_bps is not None
    }
    if contract is None or not recorded:
        return
    lending = live_contract(web3, LENDING, contract.address)
    for symbol, asset in recorded.items():
        yield from _listing_differences(symbol, asset, lending)
    ours = {asset.token for asset in deployment.assets.values()}
    for event in events(web3, lending, "AssetListed", deployment.from_block):
        if event["asset"] not in ours:
            remedy = "A listing is for ever: look at its feed, and record the asset or deploy another lending protocol"
            yield Difference(f"asset {event['asset']} of {LENDING}", _NOT_LISTED, _LISTED, remedy)


def _listing_differences(symbol: str, asset: DeployedAsset, lending: Any) -> Iterator[Difference]:
    live = lending.functions.listingOf(asset.token).call()
    if live.baseBps == 0:
        remedy = f"Have the admin call listAsset({asset.token}, {asset.exit_risk_feed}, {asset.base_loan_to_value_bps})"
        yield Difference(f"{symbol} in {LENDING}", _LISTED, _NOT_LISTED, remedy)
        return
    for field, expected, found in (
        ("exit_risk_feed", asset.exit_risk_feed, live.riskFeed),
        ("base_loan_to_value_bps", asset.base_loan_to_value_bps, live.baseBps),
    ):
        if expected != found:
            remedy = "A listing cannot be changed: correct the record if it is meant, or deploy another protocol"
            yield Difference(f"{symbol}.{field} in {LENDING}", str(expected), str(found), remedy)
