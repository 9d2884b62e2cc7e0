"""Whether a chain still holds what a deployment says; each difference by name, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from statements.deployment import DeployedModel, Deployment, ProposedModel
from veristake.contracts_tool.access_check import access_differences
from veristake.contracts_tool.canary_check import canary_differences
from veristake.contracts_tool.config_check import config_differences
from veristake.contracts_tool.deposit_check import deposit_differences
from veristake.contracts_tool.difference import Difference
from veristake.contracts_tool.lending_check import lending_differences
from veristake.contracts_tool.live_contract import live_contract
from veristake.contracts_tool.record import deployed_contract
from veristake.contracts_tool.versions import STATUS_NAMES
from veristake.contracts_tool.vka import is_registered, stored_digest

if TYPE_CHECKING:
    from web3 import Web3

_REDEPLOY = "Is this the right node? Otherwise take the record from version control, or deploy again"
_NO_VKA = "0x" + "00" * 32
_NO_ANSWER = "no answer"
_NOT_OURS = "Somebody changed it: read the contract's events, and ask its admin"


def differences(deployment: Deployment, web3: Web3) -> tuple[Difference, ...]:
    """Compare a deployment with the live chain: code, pointers, delays, configs, roles, versions, canary, lending.

    Args:
        deployment: what was recorded.
        web3: connection to the chain.

    Returns:
        What differs; empty when nothing does. On another chain that is the only difference told.
    """
    chain_id = web3.eth.chain_id
    if chain_id != deployment.chain_id:
        remedy = "Give the URL of the right node, or the deployment of this chain"
        return (Difference("chain_id", str(deployment.chain_id), str(chain_id), remedy),)
    code = tuple(_code_differences(deployment, web3))
    # whether a contract answers is asked of those that are what they should be: others may say anything
    strangers = {difference.what.split(" at ")[0] for difference in code}
    live = deployment.model_copy(
        update={"contracts": {name: each for name, each in deployment.contracts.items() if name not in strangers}}
    )
    return (
        *code,
        *_asset_differences(live, web3),
        *_setting_differences(deployment, web3, strangers),
        *config_differences(live, web3),
        *deposit_differences(live, web3),
        *access_differences(live, web3),
        *_version_differences(live, web3),
        *canary_differences(live, web3),
        *lending_differences(live, web3),
    )


def _code_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    for name, recorded in deployment.contracts.items():
        what = f"{name} at {recorded.address}"
        live = deployed_contract(web3, recorded.address)
        if not _has_code(web3, recorded.address):
            yield Difference(what, f"code {recorded.code_hash}", "no code", _REDEPLOY)
        elif live.code_hash != recorded.code_hash:
            yield Difference(what, f"code {recorded.code_hash}", f"code {live.code_hash}", _REDEPLOY)


def _asset_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    for symbol, asset in deployment.assets.items():
        addresses = {"exit_risk_feed": asset.exit_risk_feed, "staking_duration_feed": asset.staking_duration_feed}
        if deployment.is_home:
            addresses["token"] = asset.token
        for field, address in addresses.items():
            if not _has_code(web3, address):
                yield Difference(f"{symbol}.{field}", address, "no code", _REDEPLOY)


def _setting_differences(deployment: Deployment, web3: Web3, strangers: set[str]) -> Iterator[Difference]:
    """Pointers to other contracts, delays and limits; what a stranger says only where it says something else."""
    for name, settings in deployment.settings.items():
        if name not in deployment.contracts:
            continue
        for view, recorded in settings.items():
            live = _shown(_answer(name, view, deployment, web3))
            if live != recorded and not (name in strangers and live == _NO_ANSWER):
                yield Difference(f"{name}.{view}", recorded, live, _NOT_OURS)
    deposit = "OmronDeposit"
    if deposit not in deployment.contracts or deposit in strangers:
        return
    if _answer(deposit, "claimManagerDelay", deployment, web3) == 0:
        remedy = "Have the owner call raiseClaimManagerDelay: until then a claim manager can act at once"
        yield Difference("OmronDeposit.claimManagerDelay", "a delay", "0", remedy)


def _answer(name: str, view: str, deployment: Deployment, web3: Web3) -> object:
    """What a view without arguments says."""
    # one of several of a kind has a label behind a colon
    contract = live_contract(web3, name.split(":")[0], deployment.address(name))
    from web3.exceptions import BadFunctionCallOutput, ContractLogicError, Web3RPCError

    try:
        answer: object = contract.functions[view]().call()
    except (BadFunctionCallOutput, ContractLogicError, Web3RPCError):
        return _NO_ANSWER
    return answer


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _version_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    registry = deployment.contracts.get("VerifierRegistry")
    if registry is None:
        return
    contract = live_contract(web3, "VerifierRegistry", registry.address)
    versions: dict[str, DeployedModel | ProposedModel] = {**deployment.proposed, **deployment.models}
    for name, model in versions.items():
        yield from _version_of(name, model, contract, web3)


def _version_of(name: str, model: DeployedModel | ProposedModel, contract: Any, web3: Web3) -> Iterator[Difference]:
    what = f"{name} version {model.version_id}"
    count = contract.functions.versionCount(model.model_id).call()
    if model.version_id > count:
        yield Difference(what, "registered", f"{count} versions only", _REDEPLOY)
        return
    live = contract.functions.version(model.model_id, model.version_id).call()
    circuit = live.circuit
    pairs = {
        "circuit_id": (model.circuit_id, _shown(bytes(circuit.verifyingKeyHash))),
        f"verifier {circuit.verifier} code": (
            _shown(bytes(circuit.verifierCodeHash)),
            deployed_contract(web3, circuit.verifier).code_hash,
        ),
        "vka_digest": (model.vka_digest or _NO_VKA, _shown(bytes(circuit.vkaDigest))),
        **_state_pairs(model, live),
    }
    if model.vka_digest is not None:
        held = is_registered(web3, circuit.verifier, model.vka_digest)
        pairs[f"VKA with verifier {circuit.verifier}"] = ("registered", "registered" if held else "not registered")
        pairs[f"VKA in store {circuit.vkaStore}"] = (model.vka_digest, stored_digest(web3, circuit.vkaStore))
    for field, (recorded, found) in pairs.items():
        if recorded != found:
            yield Difference(f"{what} {field}", recorded, found, _version_remedy(found))
    if count > model.version_id:
        yield Difference(
            f"{name} versions",
            str(model.version_id),
            str(count),
            "A newer version was proposed: look at it, and record it",
        )


def _state_pairs(model: DeployedModel | ProposedModel, live: Any) -> dict[str, tuple[str, str]]:
    status = STATUS_NAMES[live.status]
    if isinstance(model, ProposedModel):
        return {"status": ("Proposed", status), "ready_at": (str(model.ready_at), str(live.readyAt))}
    return {"status": ("Active", status), "from_epoch": (str(model.from_epoch), str(live.fromEpoch))}


def _version_remedy(found: str) -> str:
    if found == "Active":
        return "Record the activation: veristake contracts activate"
    if found == "Frozen":
        return "A guardian froze it: find out why, then propose a new circuit"
    return _NOT_OURS


def _has_code(web3: Web3, address: str) -> bool:
    return len(web3.eth.get_code(web3.to_checksum_address(address))) > 0
