"""The canary of a circuit: relu(x) = -1 over the same SRS, which only a broken proof system can prove.

A registry knows a proof system by SRS, generator and precompile layout. The SRS of another size is another file, so
a canary has as many rows as the circuit that it guards.
"""

from __future__ import annotations

from pathlib import Path

from eth_hash.auto import keccak

from statements.errors import CircuitError
from statements.quantities import to_field
from verifier_gen.chain_layout import precompile_address
from verifier_gen.manifest import CircuitManifest, sha256_file
from verifier_gen.recipe import RECIPES, CircuitRecipe, load_recipe
from verifier_gen.srs.development import dev_srs_path
from verifier_gen.srs.provenance import DEV_SOURCE

CANARY_RECIPE = RECIPES / "canary.toml"
_ETHEREUM_ADDITION = 6


def canary_recipe(guarded: CircuitManifest) -> CircuitRecipe:
    """The shipped canary with the rows and the chain layout of the circuit that it guards."""
    wanted = {"logrows": guarded.logrows, "chain_layout": guarded.chain_layout}
    return load_recipe(CANARY_RECIPE).model_copy(update=wanted)


def unreachable_instances(canary: CircuitManifest) -> tuple[int, ...]:
    """What ``CanaryStop`` pins: the one output, -1 at the circuit's scale, as a field element."""
    return (to_field(-(1 << canary.layout.output_scale_bits)),)


def proof_system(manifest: CircuitManifest) -> str:
    """What the registry calls a circuit's proof system, 0x-hex.

    keccak256(abi.encode(srsHash, generatorHash, additionPrecompile)), as ``IVerifierRegistry.proofSystemOf`` has it.
    """
    words = (
        bytes.fromhex(manifest.srs_hash[2:]),
        keccak(f"ezkl {manifest.ezkl_version}".encode()),
        precompile_address(_ETHEREUM_ADDITION, manifest.chain_layout).to_bytes(32, "big"),
    )
    return "0x" + keccak(b"".join(words)).hex()


def require_same_srs(guarded: CircuitManifest, cache: Path, ceremony: Path | None) -> None:
    """Refuse, before anything is built, an SRS that is not the guarded circuit's.

    Args:
        guarded: circuit that the canary is for.
        cache: folder of development SRS files.
        ceremony: imported SRS to build with; None takes the cached development one.

    Raises:
        CircuitError: it is another one, is missing, or has not been named.
    """
    if ceremony is None and guarded.srs_source != DEV_SOURCE:
        raise CircuitError(
            f"circuit {guarded.name} was built with an SRS that is not named here: {guarded.srs_source}",
            remedy="Give its file with --ceremony-srs",
        )
    path = ceremony or dev_srs_path(guarded.logrows, cache)
    if not path.is_file():
        raise CircuitError(
            f"SRS {path}, sha256 {guarded.srs_hash[:18]}…, is missing; circuit {guarded.name} was built with it",
            remedy="Put it there, name its folder with --srs, or build the circuit again",
        )
    found = sha256_file(path)
    if found != guarded.srs_hash:
        raise CircuitError(
            f"SRS {path} has sha256 {found[:18]}…, circuit {guarded.name} was built with {guarded.srs_hash[:18]}…",
            remedy="Give the file that the circuit was built with, or build the circuit again",
        )


def require_guards(canary: CircuitManifest, guarded: CircuitManifest) -> None:
    """Refuse a canary of another proof system: a proof of it would say nothing of this circuit.

    Raises:
        CircuitError: SRS, EZKL version or chain layout differ.
    """
    for field in ("srs_hash", "ezkl_version", "chain_layout"):
        found, wanted = getattr(canary, field), getattr(guarded, field)
        if found != wanted:
            raise CircuitError(
                f"canary {canary.name} has {field} {found}, circuit {guarded.name} has {wanted}",
                remedy="Build the canary with the SRS file of the circuit that it guards",
            )
