"""The first proof of a circuit: made, verified and measured in a process of its own."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass

from statements.errors import CircuitError
from verifier_gen.circuit import Circuit
from verifier_gen.manifest import ProverMeasurement
from verifier_gen.prover import Proof, prove, verify
from verifier_gen.visibility import parameters_hash

_KIBIBYTE = 1024


@dataclass(frozen=True)
class Trial:
    """A proof that verifies, and what it cost.

    Attributes:
        proof: of zeros as inputs, with every bit of the tag set.
        cost: measured.
        parameters_hash: Poseidon hash of the weights, where the circuit shows one.
    """

    proof: Proof
    cost: ProverMeasurement
    parameters_hash: int | None


def try_circuit(circuit: Circuit) -> Trial:
    """Prove once and verify; calls EZKL, so run it isolated.

    Args:
        circuit: its manifest need not know the length of a proof yet.

    Raises:
        CircuitError: EZKL cannot prove, or the proof does not verify.
    """
    layout = circuit.manifest.layout
    before = time.process_time()
    proof = prove(circuit, [0] * layout.input_count, (1 << layout.tag_bits) - 1)
    processor = time.process_time() - before
    # Linux counts in KiB
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBIBYTE
    weights = parameters_hash(circuit.manifest, proof.instances.elements)
    manifest = circuit.manifest.model_copy(update={"proof_bytes": len(proof.proof), "parameters_hash": weights})
    if not verify(Circuit(circuit.paths, manifest), proof.instances, proof.proof):
        raise CircuitError("the circuit's own first proof does not verify", remedy="See docs/circuits.md")
    cost = ProverMeasurement(
        wall_seconds=round(proof.seconds, 3), processor_seconds=round(processor, 3), peak_memory_bytes=memory
    )
    return Trial(proof, cost, weights)
