"""The circuits that a deployment brings to a chain: the one that is served, and the canary of its proof system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from statements.errors import CircuitError
from verifier_gen.build import recipe_hash
from verifier_gen.canary import canary_recipe, require_guards
from verifier_gen.choices import VerifierKind
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.manifest import CircuitManifest
from veristake.contracts_tool.plan import LOCAL_CHAIN_IDS, Plan


@dataclass(frozen=True)
class ChosenCircuits:
    """What a plan names, opened: every file is the one that its manifest names.

    Attributes:
        served: whose version is registered.
        canary: what nobody can prove; None where the plan names none.
    """

    served: Circuit
    canary: Circuit | None

    @property
    def manifest(self) -> CircuitManifest:
        """Of the circuit that is served."""
        return self.served.manifest


def open_circuits(plan: Plan) -> ChosenCircuits:
    """Open what a plan names; every file, because their hashes are registered on-chain.

    Raises:
        CircuitError: a file is missing or changed, or the canary guards another proof system or is none.
    """
    served = open_circuit(plan.circuit, with_proving_key=True)
    return ChosenCircuits(served, _opened_canary(plan, plan.canary, served.manifest))


def _opened_canary(plan: Plan, folder: Path | None, served: CircuitManifest) -> Circuit | None:
    if folder is None:
        if plan.chain_id in LOCAL_CHAIN_IDS:
            return None
        raise CircuitError(
            f"canary is not given; chain {plan.chain_id} is not local, and without one nobody but a guardian can stop "
            "a proof system that is found to be broken",
            remedy=f"Build it with 'veristake circuit canary {plan.circuit}' and give canary, its folder",
        )
    try:
        canary = open_circuit(folder, with_proving_key=True)
    except CircuitError as error:
        remedy = f"Build it: veristake circuit canary {plan.circuit}"
        raise CircuitError(f"canary: {error.message}", remedy=remedy) from error
    check_is_canary(canary.manifest, served)
    return canary


def check_is_canary(canary: CircuitManifest, served: CircuitManifest) -> None:
    """Refuse what is not the shipped canary, of the served circuit's proof system.

    Another circuit's pinned instance may be within reach: whoever proves it would freeze everything.

    Raises:
        CircuitError: it is another circuit, of another proof system, or has a reusable verifier.
    """
    require_guards(canary, served)
    expected = recipe_hash(canary_recipe(served))
    if canary.recipe_hash != expected or canary.verifier_kind is not VerifierKind.MONOLITHIC:
        raise CircuitError(
            f"canary {canary.name} is not the shipped canary: recipe {canary.recipe_hash[:18]}…, "
            f"{canary.verifier_kind} verifier; expected {expected[:18]}…, {VerifierKind.MONOLITHIC}",
            remedy="Give the folder that 'veristake circuit canary' has built for this circuit",
        )
