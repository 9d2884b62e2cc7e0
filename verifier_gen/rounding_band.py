"""The rounding band: how far the outputs of two valid proofs of the same input may lie apart.

EZKL's rescaling takes every quotient q with abs(x - q d) < d, so a prover may round each one up or down. The band
bounds what that adds up to, over all inputs in range and all provers. The mathematics: docs/correctness.md.
"""

from __future__ import annotations

from pathlib import Path

from verifier_gen.reference.bounds import step_bounds
from verifier_gen.reference.compile import load_program
from verifier_gen.reference.program import Program


def input_ranges(program: Program) -> list[tuple[int, int]]:
    """[-1, 1] for every input of the circuit, at its scale: what features are clipped to."""
    ranges = []
    for position in program.inputs:
        one = 1 << program.steps[position].scale_bits
        ranges.append((-one, one))
    return ranges


def rounding_band(onnx: Path, settings: Path) -> tuple[int, ...]:
    """Bound the rounding band of a circuit.

    Args:
        onnx: the network.
        settings: EZKL's settings for it.

    Returns:
        Per output element, in units of 2^-output_scale: no two valid proofs of one input in [-1, 1] are farther
        apart. A request tag must not reach the outputs; where it does, it counts as an input in [-1, 1].

    Raises:
        ReferenceCircuitError: the circuit uses an operator that has no reference.
    """
    return program_band(load_program(onnx, settings))


def program_band(program: Program) -> tuple[int, ...]:
    """:func:`rounding_band` of a program that is loaded already."""
    bounds = step_bounds(program, input_ranges(program))
    return tuple(int(units) for i in program.outputs for units in bounds[i].whole().delta.reshape(-1))
