"""Calldata of a generated verifier, as contracts/interfaces/external/IEzklVerifier.sol has it."""

from __future__ import annotations

from statements.abi.calldata import encode_call
from statements.proven_run import ProvenRun
from verifier_gen.choices import VerifierKind
from verifier_gen.manifest import CircuitManifest

_ABI = (
    {
        "type": "function",
        "name": "verifyProof",
        "inputs": [{"name": "proof", "type": "bytes"}, {"name": "instances", "type": "uint256[]"}],
    },
)


def verifier_calldata(proof: bytes, instances: tuple[int, ...]) -> bytes:
    """``verifyProof(bytes,uint256[])`` of a monolithic verifier."""
    return encode_call(_ABI, "verifyProof", (proof, instances))


def calldata_for(manifest: CircuitManifest, run: ProvenRun) -> str | None:
    """0x-hex for the circuit's own verifier; None where that is reusable and takes the circuit's artefact too."""
    if manifest.verifier_kind is not VerifierKind.MONOLITHIC:
        return None
    return "0x" + verifier_calldata(run.proof_bytes, run.instances.elements).hex()
