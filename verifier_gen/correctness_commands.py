"""``veristake circuit band`` and ``veristake circuit correctness``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from verifier_gen.circuit import CircuitPaths

_DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("directory", type=_DIRECTORY)
@click.option("--onnx", type=click.Path(path_type=Path, exists=True), help="Another network, at the same settings.")
@click.option("--json", "as_json", is_flag=True, help="Print the band as JSON.")
def band(directory: Path, onnx: Path | None, as_json: bool) -> None:
    """Bound how far two valid proofs of one input may lie apart for the circuit in DIRECTORY.

    EZKL lets a prover round each rescaled value up or down. The bound holds for every input in [-1, 1] and every
    prover; it is read off the network and EZKL's settings, no key is needed. --onnx tries other weights in a second.
    """
    # numpy and onnx belong to the extra "build", which most commands do without
    from verifier_gen.reference import load_program
    from verifier_gen.rounding_band import program_band

    paths = CircuitPaths(directory)
    program = load_program(onnx or paths.onnx, paths.settings)
    units, scale_bits = program_band(program), program.output_scale_bits[0]
    shares = [unit / (1 << scale_bits) for unit in units]
    if as_json:
        click.echo(json.dumps({"units": units, "output_scale_bits": scale_bits, "shares": shares}))
        return
    click.echo(f"rounding band of {onnx or paths.onnx}, in units of 2^-{scale_bits}:")
    for position, (unit, share) in enumerate(zip(units, shares, strict=True)):
        click.echo(f"  output {position}: {unit} ({100 * share:.2f} % of [0, 1])")


@click.command()
@click.argument("directory", type=_DIRECTORY)
@click.option("--samples", type=click.IntRange(min=1), default=200, show_default=True, help="Inputs to compare.")
@click.option("--proofs", type=click.IntRange(min=0), default=2, show_default=True, help="How many of them to prove.")
@click.option(
    "--float-bound",
    type=click.FloatRange(min=0),
    default=0.01,
    show_default=True,
    help="Largest difference from the network in floats, of outputs as real numbers.",
)
@click.option("--onnx", type=click.Path(path_type=Path, exists=True), help="The network that it should compute.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def correctness(
    directory: Path, samples: int, proofs: int, float_bound: float, onnx: Path | None, as_json: bool
) -> None:
    """Compare the circuit in DIRECTORY with an independent integer reference of its network, and with floats.

    The reference is numpy only and knows EZKL's arithmetic from its source: circuit and reference must agree exactly
    on every input tried, corners of the range included.
    """
    from verifier_gen.correctness import check_circuit

    report = check_circuit(CircuitPaths(directory), samples=samples, proofs=proofs, float_bound=float_bound, onnx=onnx)
    if as_json:
        click.echo(report.to_json())
    else:
        click.echo(f"{report.samples} inputs, {report.mismatches} differ from the integer reference")
        click.echo(f"  float error at most {report.float_error:.6f} (bound {report.float_bound})")
        click.echo(f"  {report.proofs} proven and verified, rounding band {list(report.rounding_band)} units")
    report.require()
