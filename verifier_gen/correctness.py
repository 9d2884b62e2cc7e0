"""The correctness gate: does a built circuit compute its network, exactly as the integer reference says?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from statements.errors import CircuitError
from statements.quantities import from_field
from verifier_gen.circuit import CircuitPaths
from verifier_gen.float_network import float_outputs
from verifier_gen.isolated import run_isolated
from verifier_gen.reference.compile import load_program
from verifier_gen.reference.evaluate import evaluate
from verifier_gen.reference.program import IntArray, Program
from verifier_gen.reference.samples import sample_inputs
from verifier_gen.rounding_band import input_ranges, program_band
from verifier_gen.witnesses import CircuitInputs, ShownProof, prove_sample, run_witnesses

SAMPLES = 200
FLOAT_BOUND = 0.01
"""Largest error against float unless told otherwise."""
SEED = 20261121


@dataclass(frozen=True)
class CorrectnessReport:
    """What the gate saw.

    Attributes:
        samples: inputs on which the circuit was compared with the reference and with float.
        mismatches: inputs on which circuit and reference differ.
        proofs: inputs that were proven and verified, with outputs equal to the reference.
        float_error: largest difference from the network in floats, of outputs as real numbers.
        float_bound: what it may be.
        rounding_band: per output element, in units of 2^-output_scale; see docs/correctness.md.
        faults: what is wrong, one sentence each; empty when the circuit passes.
    """

    samples: int
    mismatches: int
    proofs: int
    float_error: float
    float_bound: float
    rounding_band: tuple[int, ...]
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def require(self) -> CorrectnessReport:
        """Return the report itself.

        Raises:
            CircuitError: the circuit does not pass; the message is its first fault.
        """
        if self.faults:
            raise CircuitError(self.faults[0], remedy="Do not deploy this circuit; see docs/correctness.md")
        return self

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(asdict(self) | {"passed": self.passed}, indent=1)


def check_circuit(
    paths: CircuitPaths,
    *,
    samples: int = SAMPLES,
    proofs: int = 2,
    float_bound: float = FLOAT_BOUND,
    ranges: Sequence[tuple[int, int]] | None = None,
    onnx: Path | None = None,
) -> CorrectnessReport:
    """Compare a circuit with the integer reference of its network, exactly, and with the network in floats.

    EZKL's own outputs are taken from its witness, which is what it proves; some are proven and verified besides.

    Args:
        paths: the built circuit; with ``proofs=0`` its keys and SRS are not needed.
        samples: inputs to compare, corners of the range first.
        proofs: how many of them to prove.
        float_bound: largest error against float, of outputs as real numbers.
        ranges: smallest and largest integer of each input; [-1, 1] by default.
        onnx: the network that the circuit should compute; by default the circuit's own.

    Raises:
        ReferenceCircuitError: an operator of the network has no reference.
        CircuitError: EZKL fails on the circuit.
    """
    network = onnx if onnx is not None else paths.onnx
    program = load_program(network, paths.settings)
    ranges = input_ranges(program) if ranges is None else ranges
    inputs = sample_inputs(program, ranges, samples, SEED)
    rows = [_row(inputs, row) for row in range(samples)]
    witnessed = run_isolated(run_witnesses, paths.compiled, rows)
    expected = np.concatenate(evaluate(program, inputs), axis=1)
    faults = []
    different = [row for row in range(samples) if witnessed[row].outputs != tuple(expected[row].tolist())]
    if different:
        row = different[0]
        faults.append(
            f"circuit and integer reference differ on {len(different)} of {samples} inputs: "
            f"input {row} gives {witnessed[row].outputs}, the reference says {tuple(expected[row].tolist())}"
        )
    beyond = [row for row in range(samples) if not _within(witnessed[row].lookups, program.lookup_range)]
    if beyond:
        faults.append(
            f"lookup arguments {witnessed[beyond[0]].lookups} of input {beyond[0]} leave the table "
            f"{program.lookup_range}: no such input can be proven"
        )
    error = _float_error(network, program, inputs, np.array([w.outputs for w in witnessed]))
    if error > float_bound:
        faults.append(f"outputs differ from the network in floats by up to {error:.6f}, more than {float_bound}")
    if not beyond:
        faults += _proving_faults(paths, rows[:proofs], expected)
    return CorrectnessReport(
        samples=samples,
        mismatches=len(different),
        proofs=0 if beyond else min(proofs, samples),
        float_error=error,
        float_bound=float_bound,
        rounding_band=program_band(program),
        faults=tuple(faults),
    )


def _row(inputs: list[IntArray], row: int) -> CircuitInputs:
    return tuple(tuple(int(x) for x in array[row]) for array in inputs)


def _within(lookups: tuple[int, int], table: tuple[int, int]) -> bool:
    return table[0] <= lookups[0] and lookups[1] <= table[1]


def _float_error(onnx: Path, program: Program, inputs: list[IntArray], outputs: IntArray) -> float:
    scales = [program.steps[i].scale_bits for i in program.inputs]
    units = np.concatenate(
        [np.full(int(np.prod(program.steps[i].shape)), 2.0 ** program.steps[i].scale_bits) for i in program.outputs]
    )
    return float(np.abs(outputs / units - float_outputs(onnx, inputs, scales)).max())


def _proving_faults(paths: CircuitPaths, rows: list[CircuitInputs], expected: IntArray) -> list[str]:
    public = rows and json.loads(paths.settings.read_text("utf-8"))["run_args"]["output_visibility"] == "Public"
    faults = []
    for row, sample in enumerate(rows):
        shown: ShownProof = run_isolated(prove_sample, paths, sample)
        wanted = tuple(expected[row].tolist())
        # what is public comes last; hidden or hashed outputs can be read from the witness only
        found = tuple(map(from_field, shown.instances[-len(wanted) :])) if public else shown.outputs
        if not shown.verified:
            faults.append(f"the circuit's own proof of input {row} does not verify")
        elif found != wanted:
            faults.append(f"the proof of input {row} shows {found}, the reference says {wanted}")
    return faults
