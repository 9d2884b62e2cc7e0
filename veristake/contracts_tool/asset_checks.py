"""Whether what a plan names as existing answers as the observer needs it; asked before the first transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from statements.errors import ChainError
from veristake.contracts_tool.plan import ExistingAsset, HomePlan, Plan

if TYPE_CHECKING:
    from web3 import Web3

_MAXIMUM_DECIMALS = 36
"""AssetObserver refuses a price feed with more."""


class _View(NamedTuple):
    """A view without arguments, and what has one."""

    name: str
    outputs: tuple[str, ...]
    why: str


_TOTAL_SUPPLY = _View("totalSupply", ("uint256",), "an ERC-20 token has it; flows are measured against it")
_GET_RATE = _View("getRate", ("uint256",), "ether.fi's weETH and Balancer's rate providers (Renzo's ezETH) have it")
_DECIMALS = _View("decimals", ("uint8",), "a Chainlink feed (AggregatorV3Interface) has it")
_ROUND = _View(
    "latestRoundData", ("uint80", "int256", "uint256", "uint256", "uint80"), "a Chainlink feed that reports has it"
)


def check_existing_parts(plan: Plan, web3: Web3) -> None:
    """Refuse an address that is not what its field says: AssetObserver would revert, at the last transaction.

    Args:
        plan: what is to be deployed.
        web3: connection to the chain.

    Raises:
        ChainError: no contract is at an address, or it does not answer; field, address and interface are named.
    """
    if not isinstance(plan, HomePlan):
        return
    for symbol, asset in plan.assets.items():
        if asset.existing is not None:
            _check_asset(f"assets.{symbol}.existing", asset.existing, web3)
    if plan.sequencer_feed is not None:
        _answer(web3, "sequencer_feed", plan.sequencer_feed, _ROUND)


def _check_asset(field: str, asset: ExistingAsset, web3: Web3) -> None:
    _require_positive(web3, f"{field}.token", asset.token, _TOTAL_SUPPLY)
    _require_positive(web3, f"{field}.rate_provider", asset.rate_provider, _GET_RATE)
    feed = f"{field}.price_feed"
    decimals = _answer(web3, feed, asset.price_feed, _DECIMALS)[0]
    if decimals > _MAXIMUM_DECIMALS:
        raise ChainError(
            f"{feed} {asset.price_feed} has {decimals} decimals, the observer takes {_MAXIMUM_DECIMALS}",
            remedy="Give the price feed in ETH",
        )
    _require_positive(web3, feed, asset.price_feed, _ROUND, place=1)


def _require_positive(web3: Web3, field: str, address: str, view: _View, *, place: int = 0) -> None:
    value = _answer(web3, field, address, view)[place]
    if value <= 0:
        raise ChainError(
            f"{field} {address} answers {view.name}() with {value}", remedy="Give one that is in use on this chain"
        )


def _answer(web3: Web3, field: str, address: str, view: _View) -> Sequence[int]:
    """What a view says, one integer for each output."""
    from web3.exceptions import BadFunctionCallOutput, ContractLogicError, Web3RPCError

    remedy = f"Correct {field}, or the URL: {view.why}"
    checksummed = web3.to_checksum_address(address)
    if not web3.eth.get_code(checksummed):
        raise ChainError(f"{field} {address} is no contract on chain {web3.eth.chain_id}", remedy=remedy)
    outputs = [{"name": "", "type": kind} for kind in view.outputs]
    abi: Any = [{"type": "function", "name": view.name, "inputs": [], "outputs": outputs, "stateMutability": "view"}]
    try:
        answer = web3.eth.contract(checksummed, abi=abi).functions[view.name]().call()
    except (BadFunctionCallOutput, ContractLogicError, Web3RPCError) as error:
        raise ChainError(f"{field} {address} does not answer {view.name}()", remedy=remedy) from error
    return list(answer) if len(view.outputs) > 1 else [answer]
