"""What a caller has to know of a circuit beforehand to believe a proof under it."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from statements.quantities import Hash32
from verifier_gen.circuit import read_manifest


class PinnedCircuit(BaseModel):
    """The three hashes on which verification rests; the on-chain registry pins the same.

    The verifying key alone is not enough: with other settings the same key is read as a key of other constraints, and
    who knows the trapdoor of an SRS of their own can forge a proof of anything.

    Attributes:
        circuit_id: sha256 of the verifying key.
        settings_hash: sha256 of EZKL's settings.
        srs_hash: sha256 of the structured reference string.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    circuit_id: Hash32
    settings_hash: Hash32
    srs_hash: Hash32

    @classmethod
    def read(cls, directory: Path | str) -> PinnedCircuit:
        """From the manifest of a circuit that you built yourself.

        Raises:
            CircuitError: there is none.
        """
        manifest = read_manifest(Path(directory))
        return cls(circuit_id=manifest.circuit_id, settings_hash=manifest.settings_hash, srs_hash=manifest.srs_hash)
