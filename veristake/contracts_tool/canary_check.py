"""Whether the registry trusts the recorded canary and no other, and whether it has rung."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from statements.abi import load_abi
from statements.deployment import Deployment
from veristake.contracts_tool.canary_step import CANARY_STOP
from veristake.contracts_tool.chain_events import events
from veristake.contracts_tool.difference import Difference

if TYPE_CHECKING:
    from web3 import Web3

_NOT_TRUSTED = "not trusted"


def canary_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    """Compare the canaries that a registry trusts with the recorded one."""
    registry = deployment.contracts.get("VerifierRegistry")
    if registry is None:
        return
    address = web3.to_checksum_address(registry.address)
    contract = web3.eth.contract(address, abi=load_abi("VerifierRegistry"))
    ours = deployment.contracts.get(CANARY_STOP)
    for event in events(web3, contract, "CanaryTrusted", deployment.from_block):
        canary, system = str(event["canary"]), "0x" + bytes(event["proofSystem"]).hex()
        if ours is None or canary != ours.address:
            remedy = "Whoever it takes a proof from freezes that proof system: look at its instances, and record it"
            yield Difference(f"canary {canary}", _NOT_TRUSTED, f"trusted for {system}", remedy)
    if ours is None:
        return
    system = deployment.settings[CANARY_STOP]["PROOF_SYSTEM"]
    found = "0x" + bytes(contract.functions.canaryOf(ours.address).call()).hex()
    if found != system:
        live = _NOT_TRUSTED if not int(found, 16) else f"trusted for {found}"
        remedy = f"Have the admin call trustCanary({ours.address})"
        yield Difference(f"{CANARY_STOP} at {ours.address}", f"trusted for {system}", live, remedy)
    if contract.functions.isProofSystemFrozen(system).call():
        remedy = "A guardian or the canary froze it, for ever: read who in ProofSystemFrozen; build on another SRS"
        yield Difference(f"proof system {system}", "in use", "frozen", remedy)
