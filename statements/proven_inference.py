"""What travels from miner to chain: a proof, what it is about, and who made it."""

from __future__ import annotations

from pydantic import Field

from statements.instances import Instances
from statements.quantities import Hash32, HexBytes
from statements.subject import Subject
from statements.traveller import Traveller


class ProvenInference(Traveller):
    """A proof that a circuit gave these outputs for these inputs.

    Attributes:
        circuit_id: sha256 of the verifying key.
        subject: what the inputs were taken from.
        instances: the public field elements.
        proof: Halo2 proof bytes; re-randomisable, so nothing is ever keyed on them.
        prover: ss58 hotkey of the miner.
        prove_seconds: time that the miner says it took; information, never evidence.
    """

    circuit_id: Hash32
    subject: Subject
    instances: Instances
    proof: HexBytes
    prover: str
    prove_seconds: float = Field(ge=0)

    @property
    def statement_id(self) -> str:
        """Id of the subject, by which all of the stack dedupes."""
        return self.subject.statement_id

    @property
    def proof_bytes(self) -> bytes:
        """The proof as bytes."""
        return bytes.fromhex(self.proof[2:])
