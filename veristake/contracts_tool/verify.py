"""Whether a chain still holds what a deployment says; each difference by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from statements.abi import load_abi
from statements.deployment import DeployedModel, Deployment
from veristake.contracts_tool.record import deployed_contract

if TYPE_CHECKING:
    from web3 import Web3

_MANAGED = ("AssetObserver", "AttestedInputs", "SampleLendingProtocol", "VerifierRegistry")
_STATUS_NAMES = ("None", "Proposed", "Active", "Deprecated", "Frozen")


@dataclass(frozen=True)
class Difference:
    """One thing that is not as recorded.

    Attributes:
        what: what differs.
        recorded: value in the deployment.
        live: value on the chain.
    """

    what: str
    recorded: str
    live: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.what}: recorded {self.recorded}, on the chain {self.live}"

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


def differences(deployment: Deployment, web3: Web3) -> tuple[Difference, ...]:
    """Compare a deployment with the live chain: code, adapters, who rules, registry versions.

    Args:
        deployment: what was recorded.
        web3: connection to the chain.

    Returns:
        What differs; empty when nothing does. On another chain that is the only difference told.
    """
    chain_id = web3.eth.chain_id
    if chain_id != deployment.chain_id:
        return (Difference("chain_id", str(deployment.chain_id), str(chain_id)),)
    return (
        *_code_differences(deployment, web3),
        *_asset_differences(deployment, web3),
        *_rulers(deployment, web3),
        *_models(deployment, web3),
    )


def _code_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    for name, recorded in deployment.contracts.items():
        live = deployed_contract(web3, recorded.address)
        if not _has_code(web3, recorded.address):
            yield Difference(f"{name} at {recorded.address}", f"code {recorded.code_hash}", "no code")
        elif live.code_hash != recorded.code_hash:
            yield Difference(f"{name} at {recorded.address}", f"code {recorded.code_hash}", f"code {live.code_hash}")


def _asset_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    for symbol, asset in deployment.assets.items():
        addresses = {"exit_risk_feed": asset.exit_risk_feed, "staking_duration_feed": asset.staking_duration_feed}
        if deployment.is_home:
            addresses["token"] = asset.token
        for field, address in addresses.items():
            if not _has_code(web3, address):
                yield Difference(f"{symbol}.{field}", address, "no code")


def _rulers(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    """Contracts that obey another than the recorded AccessManager, and deposits without notice."""
    manager = deployment.contracts.get("AccessManager")
    if manager is None or not _has_code(web3, manager.address):
        return
    asked = [(name, "authority") for name in _MANAGED] + [("OmronDeposit", "owner")]
    for name, question in asked:
        live = _answer(name, question, deployment, web3)
        if live is not None and live != manager.address:
            yield Difference(f"{name}.{question}", manager.address, str(live))
    if _answer("OmronDeposit", "claimManagerDelay", deployment, web3) == 0:
        yield Difference("OmronDeposit.claimManagerDelay", "a delay", "0")


def _answer(name: str, question: str, deployment: Deployment, web3: Web3) -> object:
    """What a view without arguments says; None when the contract is not there."""
    recorded = deployment.contracts.get(name)
    if recorded is None or not _has_code(web3, recorded.address):
        return None
    contract = web3.eth.contract(web3.to_checksum_address(recorded.address), abi=load_abi(name))
    answer: object = contract.functions[question]().call()
    return answer


def _models(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    registry = deployment.contracts.get("VerifierRegistry")
    if registry is None or not _has_code(web3, registry.address):
        return
    for name, model in deployment.models.items():
        yield from _model_differences(name, model, registry.address, web3)


def _model_differences(name: str, model: DeployedModel, registry: str, web3: Web3) -> Iterator[Difference]:
    contract = web3.eth.contract(web3.to_checksum_address(registry), abi=load_abi("VerifierRegistry"))
    model_id = bytes.fromhex(model.model_id[2:])
    count = contract.functions.versionCount(model_id).call()
    if model.version_id > count:
        yield Difference(f"{name} version {model.version_id}", "registered", f"{count} versions only")
        return
    circuit, status, _, from_epoch, _ = contract.functions.version(model_id, model.version_id).call()
    verifier, verifier_code_hash, verifying_key_hash = circuit[0], circuit[1], circuit[4]
    pairs = {
        "status": ("Active", _STATUS_NAMES[status]),
        "from_epoch": (str(model.from_epoch), str(from_epoch)),
        "circuit_id": (model.circuit_id, "0x" + bytes(verifying_key_hash).hex()),
        f"verifier {verifier} code": (
            "0x" + bytes(verifier_code_hash).hex(),
            deployed_contract(web3, verifier).code_hash,
        ),
    }
    for field, (recorded, live) in pairs.items():
        if recorded != live:
            yield Difference(f"{name} version {model.version_id} {field}", recorded, live)


def _has_code(web3: Web3, address: str) -> bool:
    return len(web3.eth.get_code(web3.to_checksum_address(address))) > 0
