"""Whether the registry trusts the recorded canary and no other, and whether it has rung."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from statements.deployment import Deployment
from veristake.contracts_tool.canary_step import CANARY_STOP
from veristake.contracts_tool.chain_events import events
from veristake.contracts_tool.difference import Difference
from veristake.contracts_tool.live_contract import live_contract

if TYPE_CHECKING:
    from web3 import Web3

_NOT_TRUSTED = "not trusted"


def canary_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    """Compare the canaries that a registry trusts with those that are recorded, by hand or by a deployment."""
    recorded = deployment.contracts.get("VerifierRegistry")
    if recorded is None:
        return
    registry = live_contract(web3, "VerifierRegistry", recorded.address)
    ours = {each.address: name for name, each in deployment.contracts.items() if name.split(":")[0] == CANARY_STOP}
    for event in events(web3, registry, "CanaryTrusted", deployment.from_block):
        canary, system = str(event["canary"]), _hex(event["proofSystem"])
        if canary not in ours:
            remedy = (
                "Whoever brings it a proof freezes that proof system: look at its instances, and record it as "
                f"{CANARY_STOP}:<label>"
            )
            yield Difference(f"canary {canary}", _NOT_TRUSTED, f"trusted for {system}", remedy)
    for address, name in ours.items():
        yield from _recorded_differences(name, address, registry, web3)


def _recorded_differences(name: str, address: str, registry: Any, web3: Web3) -> Iterator[Difference]:
    # its code, which holds this, has been compared
    system = _hex(live_contract(web3, CANARY_STOP, address).functions.PROOF_SYSTEM().call())
    found = _hex(registry.functions.canaryOf(address).call())
    if found != system:
        live = f"trusted for {found}" if int(found, 16) else _NOT_TRUSTED
        remedy = f"Have the admin call trustCanary({address})"
        yield Difference(f"{name} at {address}", f"trusted for {system}", live, remedy)
    if registry.functions.isProofSystemFrozen(system).call():
        remedy = "A guardian or the canary froze it, for ever: read who in ProofSystemFrozen; build on another SRS"
        yield Difference(f"proof system {system}", "in use", "frozen", remedy)


def _hex(word: Any) -> str:
    return "0x" + bytes(word).hex()
