"""Whether deposits still count as recorded: weights, decimals, caps, the season, a claim manager to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from statements.abi import load_abi
from statements.deployment import Deployment, RecordedDeposits
from veristake.contracts_tool.difference import Difference

if TYPE_CHECKING:
    from web3 import Web3

_MEANT = "If it is meant, record it: correct the deployment's file; otherwise ask its admin"
_FOR_EVER = "This cannot be changed on the chain: is this the right record?"
_REMEDIES = {"weight": _FOR_EVER, "decimals": _FOR_EVER, "total_cap": _MEANT, "deposit_cap": _MEANT}


def deposit_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    """Compare OmronDeposit with what is recorded of it; what a record does not say is not compared."""
    recorded = deployment.contracts.get("OmronDeposit")
    if recorded is None:
        return
    address = web3.to_checksum_address(recorded.address)
    deposit = web3.eth.contract(address, abi=load_abi("OmronDeposit"), decode_tuples=True)
    yield from _announced(deposit)
    if deployment.deposits is not None:
        yield from _tokens(deployment.deposits, deposit)
        yield from _season(deployment.deposits, deposit)


def _announced(deposit: Any) -> Iterator[Difference]:
    """A claim manager to come: in its notice users may want to leave."""
    manager, ready_at = deposit.functions.announcedClaimManager().call()
    if ready_at:
        remedy = "Is this meant? Tell restakers: they can leave until it is accepted, and afterwards"
        yield Difference("OmronDeposit announced claim manager", "none", f"{manager} from {ready_at} on", remedy)


def _tokens(recorded: RecordedDeposits, deposit: Any) -> Iterator[Difference]:
    """How each recorded token counts; whether it is listed is :mod:`config_check`'s question."""
    for token, terms in sorted(recorded.tokens.items()):
        live = deposit.functions.tokenTerms(token).call()
        pairs = {
            "weight": (terms.weight, live.weight),
            "decimals": (terms.decimals, live.decimals),
            "total_cap": (terms.total_cap, live.totalCap),
            "deposit_cap": (terms.deposit_cap, live.depositCap),
        }
        for field, (expected, found) in pairs.items():
            if expected != found:
                what = f"{field} of token {token} of OmronDeposit"
                yield Difference(what, str(expected), str(found), _REMEDIES[field])


def _season(recorded: RecordedDeposits, deposit: Any) -> Iterator[Difference]:
    number, multiplier, _ = deposit.functions.season().call()
    for what, expected, found in (
        ("OmronDeposit season", recorded.season, number),
        ("OmronDeposit season multiplier", recorded.season_multiplier, multiplier),
    ):
        if expected != found:
            yield Difference(what, str(expected), str(found), _MEANT)
