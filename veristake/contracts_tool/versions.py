"""The first version of a circuit in the registry."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from statements.deployment import DeployedModel
from verifier_gen.choices import ChainLayout
from verifier_gen.manifest import CircuitManifest
from veristake.contracts_tool.authority import PROPOSER_ROLE, Configuration
from veristake.contracts_tool.record import deployed_contract
from veristake.contracts_tool.session import Contract, Deployer

_ADDITION = {ChainLayout.ETHEREUM: 6, ChainLayout.SUBTENSOR: 9}
"""Address of the precompile that adds on bn254."""


def propose_version(
    deployer: Deployer,
    configuration: Configuration,
    registry: Contract,
    manifest: CircuitManifest,
    verifier: Contract,
    features_hash: str,
) -> None:
    """Collect the calls that let the proposer propose and activate, and that propose this circuit."""
    configuration.open_to(PROPOSER_ROLE, registry.propose, registry.activate, registry.deprecate)
    configuration.execute(registry.propose, manifest.model_id, _circuit(deployer, manifest, verifier, features_hash))


def activate_version(
    deployer: Deployer, configuration: Configuration, registry: Contract, manifest: CircuitManifest, epoch_length: int
) -> dict[str, DeployedModel]:
    """Collect the call that activates version 1 from the next epoch on.

    Returns:
        The entry of the deployment's ``models``.
    """
    # the next epoch, because this one may end before the transaction is mined
    from_epoch = deployer.now() // epoch_length + 1
    configuration.execute(registry.activate, manifest.model_id, 1, from_epoch)
    model = DeployedModel(
        model_id=manifest.model_id, version_id=1, circuit_id=manifest.circuit_id, from_epoch=from_epoch
    )
    return {manifest.model_name: model}


def _circuit(deployer: Deployer, manifest: CircuitManifest, verifier: Contract, features_hash: str) -> dict[str, Any]:
    """The registry's ``Circuit``."""
    layout = manifest.layout
    return {
        "verifier": verifier.address,
        "verifierCodeHash": deployed_contract(deployer.web3, verifier.address).code_hash,
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
        # a verifier of its own has no artefact
        "vkaDigest": "0x" + "00" * 32,
        "vkaStore": "0x" + "00" * 20,
        "roundingBand": max(manifest.correctness.rounding_band) if manifest.correctness else 0,
        "additionPrecompile": _ADDITION[manifest.chain_layout],
    }
