"""The first version of a circuit in the registry."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from statements.deployment import DeployedModel, ProposedModel
from statements.errors import ChainError
from verifier_gen.chain_layout import precompile_address
from verifier_gen.manifest import CircuitManifest
from veristake.contracts_tool.authority import PROPOSER_ROLE, Configuration
from veristake.contracts_tool.deployer import Contract, Deployer
from veristake.contracts_tool.verifier_step import DeployedVerifier

PROPOSER_FUNCTIONS = ("propose", "activate", "deprecate")
"""Of the registry; the proposer role's."""
STATUS_NAMES = ("None", "Proposed", "Active", "Deprecated", "Frozen")


def propose_version(
    configuration: Configuration,
    registry: Contract,
    manifest: CircuitManifest,
    verifier: DeployedVerifier,
    features_hash: str,
) -> None:
    """Collect the calls that let the proposer propose and activate, and that propose this circuit."""
    configuration.open_to(PROPOSER_ROLE, registry, *PROPOSER_FUNCTIONS)
    configuration.execute(registry, "propose", manifest.model_id, registry_circuit(manifest, verifier, features_hash))


def activate_version(
    deployer: Deployer, configuration: Configuration, registry: Contract, manifest: CircuitManifest, epoch_length: int
) -> None:
    """Collect the call that activates version 1 from the next epoch on."""
    # the next epoch, because this one may end before the transaction is mined
    from_epoch = deployer.now() // epoch_length + 1
    configuration.execute(registry, "activate", manifest.model_id, 1, from_epoch)


def is_proposed(registry: Contract, manifest: CircuitManifest) -> bool:
    """Whether the registry knows a version of the circuit's model."""
    return int(registry.functions.versionCount(manifest.model_id).call()) > 0


def read_version(registry: Contract, manifest: CircuitManifest) -> DeployedModel | ProposedModel:
    """Version 1 of the circuit's model, as the registry has it.

    Raises:
        ChainError: the registry has another circuit there, or has frozen it.
    """
    live = registry.functions.version(manifest.model_id, 1).call()
    circuit_id = "0x" + bytes(live.circuit.verifyingKeyHash).hex()
    status = STATUS_NAMES[live.status]
    if circuit_id != manifest.circuit_id or status not in ("Proposed", "Active"):
        raise ChainError(
            f"version 1 of {manifest.model_name} in registry {registry.address} is circuit {circuit_id}, "
            f"status {status}",
            remedy="The registry serves another circuit already: give the plan another salt",
        )
    digest = bytes(live.circuit.vkaDigest)
    common = {
        "model_id": manifest.model_id,
        "version_id": 1,
        "circuit_id": circuit_id,
        "vka_digest": "0x" + digest.hex() if any(digest) else None,
    }
    if status == "Proposed":
        return ProposedModel.model_validate({**common, "ready_at": live.readyAt})
    return DeployedModel.model_validate({**common, "from_epoch": live.fromEpoch})


def registry_circuit(manifest: CircuitManifest, verifier: DeployedVerifier, features_hash: str) -> dict[str, Any]:
    """The registry's ``Circuit`` of a build, by field name."""
    layout = manifest.layout
    return {
        "verifier": verifier.address,
        "verifierCodeHash": verifier.code_hash,
        "onnxHash": manifest.onnx_hash,
        "settingsHash": manifest.settings_hash,
        "verifyingKeyHash": manifest.verifying_key_hash,
        "srsHash": manifest.srs_hash,
        "inputCount": layout.input_count,
        "tagLimbs": layout.tag_limbs,
        "tagLimbBits": layout.tag_limb_bits,
        "outputCount": layout.output_count,
        "inputScaleBits": layout.input_scale_bits,
        "outputScaleBits": layout.output_scale_bits,
        "maximumDuration": manifest.maximum_duration,
        "devSrs": manifest.dev_srs,
        "featuresHash": features_hash,
        "generatorHash": "0x" + keccak(text=f"ezkl {manifest.ezkl_version}").hex(),
        "vkaDigest": verifier.vka_digest,
        "vkaStore": verifier.vka_store,
        "roundingBand": max(manifest.correctness.rounding_band) if manifest.correctness else 0,
        "additionPrecompile": precompile_address(6, manifest.chain_layout),
    }
