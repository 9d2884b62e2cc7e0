"""``circuit.json``: what a built circuit is, with the hash of every file that makes it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import Field

from statements.instances import InstanceLayout
from statements.quantities import FieldElement, Hash32
from statements.traveller import Traveller
from verifier_gen.choices import ChainLayout, VerifierKind, Visibility

MANIFEST_NAME = "circuit.json"


class ProverMeasurement(Traveller):
    """What one proof cost on the machine that built the circuit.

    Attributes:
        wall_seconds: witness and proof, by the clock.
        processor_seconds: the same, summed over cores.
        peak_memory_bytes: largest resident memory of the process.
    """

    wall_seconds: float = Field(ge=0)
    processor_seconds: float = Field(ge=0)
    peak_memory_bytes: int = Field(ge=0)


class ChainMeasurement(Traveller):
    """What the verifier is and costs on a local Anvil, where a proof was accepted and a changed one refused.

    Attributes:
        verifier_bytes: runtime code of the verifier; at most 24,576 can be deployed (EIP-170).
        verifier_code_hash: keccak256 of that code without the compiler's metadata at its end, which depends on what is
            compiled beside it.
        verification_gas: of a transaction straight to the verifier, calldata and the base cost of 21,000 included;
            None for a chain layout that Anvil does not have.
        registration_gas: of registering the VKA once; None for a monolithic verifier.
        vka_digest: what the reusable verifier knows the VKA by; None for a monolithic verifier.
        solc_version: compiler.
    """

    verifier_bytes: int = Field(gt=0)
    verifier_code_hash: Hash32
    verification_gas: int | None = None
    registration_gas: int | None = None
    vka_digest: Hash32 | None = None
    solc_version: str


class Correctness(Traveller):
    """What the correctness gate found.

    Attributes:
        inputs: how many were compared with the integer reference.
        rounding_band: per output, how far two valid proofs of one input may lie apart, in 2^-output_scale_bits.
        float_error: largest difference from the float network over those inputs.
    """

    inputs: int = Field(ge=0)
    rounding_band: tuple[int, ...]
    float_error: float = Field(ge=0)


class CircuitManifest(Traveller):
    """A built circuit.

    Attributes:
        name: folder under build/circuits.
        model_name: name whose keccak256 is the model id.
        model_id: that hash.
        circuit_id: sha256 of the verifying key; equal to ``verifying_key_hash``.
        layout: its public instances.
        maximum_duration: staking duration that an output of one stands for, seconds.
        dev_srs: the SRS has, or may have, a known trapdoor, so anybody could forge proofs: local chains only.
        srs_source: where the SRS comes from: "dev", or the ceremony and its file's digest.
        logrows: log2 of rows available.
        rows: rows used.
        proof_bytes: exact length of a proof.
        verifier_contract: name of the generated contract.
        recipe_hash: sha256 of the recipe's fields.
        onnx_hash: sha256 of network.onnx, the network as EZKL compiled it.
        given_onnx_hash: sha256 of the ONNX file that was given, before unrolling and tagging.
        settings_hash: sha256 of settings.json.
        compiled_hash: sha256 of the compiled circuit.
        verifying_key_hash: sha256 of the verifying key.
        proving_key_hash: sha256 of the proving key.
        srs_hash: sha256 of the SRS.
        verifier_source_hash: sha256 of the generated Solidity.
        ezkl_version: version that built it; another one is refused.
        param_scale_bits: weights are at 2^param_scale_bits.
        input_visibility: who learns the inputs.
        output_visibility: who learns the outputs.
        param_visibility: who learns the weights.
        parameters_hash: Poseidon hash of the weights that each proof has to show; None unless they are hashed.
        chain_layout: which precompiles the Solidity calls.
        verifier_kind: monolithic, or reusable with a VKA.
        vka_hash: sha256 of vka.bin; None for a monolithic verifier.
        prover: what a proof cost; None before it was measured.
        chain: measured on Anvil; None where the build ran without a chain.
        correctness: what the correctness gate found; None where it has not run.
    """

    name: str
    model_name: str
    model_id: Hash32
    circuit_id: Hash32
    layout: InstanceLayout
    maximum_duration: int = Field(gt=0)
    dev_srs: bool
    srs_source: str = "dev"
    logrows: int
    rows: int
    proof_bytes: int
    verifier_contract: str
    recipe_hash: Hash32
    onnx_hash: Hash32
    settings_hash: Hash32
    compiled_hash: Hash32
    verifying_key_hash: Hash32
    proving_key_hash: Hash32
    srs_hash: Hash32
    verifier_source_hash: Hash32
    ezkl_version: str
    given_onnx_hash: Hash32 | None = None
    param_scale_bits: int | None = None
    input_visibility: Visibility = Visibility.PUBLIC
    output_visibility: Visibility = Visibility.PUBLIC
    param_visibility: Visibility = Visibility.FIXED
    parameters_hash: FieldElement | None = None
    chain_layout: ChainLayout = ChainLayout.ETHEREUM
    verifier_kind: VerifierKind = VerifierKind.MONOLITHIC
    vka_hash: Hash32 | None = None
    prover: ProverMeasurement | None = None
    chain: ChainMeasurement | None = None
    correctness: Correctness | None = None


def sha256_file(path: Path) -> str:
    """sha256 of a file's content, 0x-hex."""
    with path.open("rb") as stream:
        return "0x" + hashlib.file_digest(stream, "sha256").hexdigest()
