"""``circuit.json``: what a built circuit is, with the hash of every file that makes it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import Field

from statements.instances import InstanceLayout
from statements.quantities import Hash32
from statements.traveller import Traveller

MANIFEST_NAME = "circuit.json"


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
        onnx_hash: sha256 of network.onnx.
        settings_hash: sha256 of settings.json.
        compiled_hash: sha256 of the compiled circuit.
        verifying_key_hash: sha256 of the verifying key.
        proving_key_hash: sha256 of the proving key.
        srs_hash: sha256 of the SRS.
        verifier_source_hash: sha256 of the generated Solidity.
        ezkl_version: version that built it; another one is refused.
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


def sha256_file(path: Path) -> str:
    """sha256 of a file's content, 0x-hex."""
    with path.open("rb") as stream:
        return "0x" + hashlib.file_digest(stream, "sha256").hexdigest()
