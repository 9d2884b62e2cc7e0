"""A proof over inputs that somebody chose, which belong to no chain's state."""

from __future__ import annotations

from pydantic import Field

from statements.instances import Instances
from statements.quantities import Hash32, HexBytes
from statements.traveller import Traveller

LONGEST_PROOF_SECONDS = 86_400
"""No request waits for a proof that takes longer."""


class ProvenRun(Traveller):
    """A proof that a circuit gave these outputs for these inputs, without a subject.

    Attributes:
        circuit_id: sha256 of the verifying key.
        instances: the public field elements.
        proof: Halo2 proof bytes; re-randomisable, so nothing is ever keyed on them.
        prover: ss58 hotkey of the miner.
        prove_seconds: time that the miner says it took; information, never evidence.
    """

    circuit_id: Hash32
    instances: Instances
    proof: HexBytes
    prover: str
    prove_seconds: float = Field(ge=0, le=LONGEST_PROOF_SECONDS)

    @property
    def proof_bytes(self) -> bytes:
        """The proof as bytes."""
        return bytes.fromhex(self.proof[2:])
