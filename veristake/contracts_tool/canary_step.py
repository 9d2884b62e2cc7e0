"""The alarm of a proof system: the canary's verifier and CanaryStop, which the registry is told to trust."""

from __future__ import annotations

from verifier_gen.canary import proof_system, unreachable_instances
from verifier_gen.manifest import CircuitManifest
from veristake.contracts_tool.authority import Configuration
from veristake.contracts_tool.deployer import Contract, Deployer
from veristake.contracts_tool.step import StepResult

CANARY_STOP = "CanaryStop"


def deploy_canary(
    deployer: Deployer, configuration: Configuration, registry: Contract, canary: CircuitManifest | None
) -> StepResult:
    """Deploy a canary, and collect the call that has the registry trust it.

    Args:
        deployer: who deploys.
        configuration: takes the call.
        registry: VerifierRegistry.
        canary: the canary's circuit; without one nothing happens, and the person who waits is told.

    Raises:
        ChainError: a transaction failed.
    """
    if canary is None:
        deployer.progress("no canary: the plan names none, so only a guardian can freeze the proof system")
        return StepResult()
    verifier = deployer.create(canary.verifier_contract)
    code_hash = deployer.code_hash(canary.verifier_contract, verifier.address)
    system, pinned = proof_system(canary), list(unreachable_instances(canary))
    stop = deployer.create(CANARY_STOP, registry.address, system, verifier.address, code_hash, pinned)
    configuration.execute(registry, "trustCanary", stop.address)
    return StepResult(
        contracts={canary.verifier_contract: verifier, CANARY_STOP: stop},
        settings={
            CANARY_STOP: {
                "REGISTRY": str(registry.address),
                "PROOF_SYSTEM": system,
                "VERIFIER": str(verifier.address),
                "VERIFIER_CODE_HASH": code_hash,
                "instances": str(pinned),
            }
        },
    )
