"""Holds proved outputs against those that the circuit gives by itself: a valid proof may show others.

EZKL's rescaling takes two quotients for most dividends (verifier_gen/rounding_band.py). In a network made for it, the
choice of each can be multiplied until the outputs are whatever the prover likes; an honest prover has no choice.
"""

from __future__ import annotations

from collections.abc import Sequence

from neurons.validator.entries.faults import EntryFault, EntryRefusedError
from statements.errors import VeristakeError
from statements.proven_run import ProvenRun
from statements.request_tag import split_tag
from verifier_gen.circuit import Circuit
from verifier_gen.limited import LimitedProcess
from verifier_gen.witnesses import CircuitInputs, run_witnesses


async def require_own_outputs(circuit: Circuit, runs: Sequence[ProvenRun], process: LimitedProcess) -> None:
    """Run the circuit on the same inputs, and refuse proofs of other outputs.

    Args:
        circuit: derived by this validator.
        runs: verified, with the inputs and tags of this validator's requests.
        process: runs EZKL, which may hang or die of a hostile network.

    Raises:
        EntryRefusedError: the outputs differ, or the circuit cannot be run within the limits.
    """
    samples = [_inputs(circuit, run) for run in runs]
    try:
        witnessed = await process.run(run_witnesses, circuit.paths.compiled, samples)
    except (VeristakeError, RuntimeError, MemoryError) as error:
        raise EntryRefusedError(EntryFault.LIMIT_EXCEEDED, f"it could not be run: {error}"[:500]) from error
    for run, own in zip(runs, witnessed, strict=True):
        if run.instances.outputs != own.outputs:
            raise EntryRefusedError(
                EntryFault.BENT_OUTPUTS, f"outputs {run.instances.outputs} were proved, the circuit gives {own.outputs}"
            )


def _inputs(circuit: Circuit, run: ProvenRun) -> CircuitInputs:
    layout, instances = circuit.manifest.layout, run.instances
    limbs = split_tag(instances.tag, limbs=layout.tag_limbs, limb_bits=layout.tag_limb_bits)
    return (instances.inputs, tuple(limbs)) if limbs else (instances.inputs,)
