"""``veristake circuit``: build circuits, prove and verify."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import click

from statements.errors import CircuitError, ConfigurationError, ProofRejectedError
from statements.instances import Instances
from verifier_gen import prover
from verifier_gen.build_command import build
from verifier_gen.canary_command import canary
from verifier_gen.circuit import open_circuit, read_manifest
from verifier_gen.correctness_commands import band, correctness
from verifier_gen.isolated import run_isolated
from verifier_gen.lock_command import lock
from verifier_gen.search.command import search
from verifier_gen.srs.command import srs as srs_commands


@click.group()
def circuit() -> None:
    """Build circuits from ONNX, prove and verify with EZKL."""


circuit.add_command(build)
circuit.add_command(srs_commands)
circuit.add_command(band)
circuit.add_command(correctness)
circuit.add_command(search)
circuit.add_command(lock)
circuit.add_command(canary)


@circuit.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def check(directory: Path, as_json: bool) -> None:
    """Check that every file of the circuit in DIRECTORY is the one that its manifest names."""
    opened = open_circuit(directory, with_proving_key=True)
    click.echo(opened.manifest.to_json() if as_json else f"{directory}: all files match circuit.json")


@circuit.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("inputs", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print outputs and seconds as JSON.")
def prove(directory: Path, inputs: Path, output: Path, as_json: bool) -> None:
    """Prove the circuit in DIRECTORY on INPUTS and write the proof to OUTPUT.

    INPUTS is a JSON list of as many integers as the circuit has inputs, each at 2^input_scale_bits: 'veristake circuit
    show' tells both.
    """
    opened = open_circuit(directory, with_proving_key=True)
    tag = secrets.randbits(opened.manifest.layout.tag_bits)
    if not output.absolute().parent.is_dir():
        # before the work, not after it
        raise ConfigurationError(f"{output} cannot be written: no such folder", remedy="Make the folder first")
    proof = run_isolated(prover.prove, opened, _integers(inputs), tag)
    document = {"instances": proof.instances.model_dump(mode="json"), "proof": "0x" + proof.proof.hex()}
    partial = output.with_suffix(".partial")
    partial.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    partial.replace(output)
    summary: dict[str, Any] = {"outputs": list(proof.instances.outputs), "seconds": round(proof.seconds, 3)}
    click.echo(json.dumps(summary) if as_json else f"outputs {summary['outputs']} in {summary['seconds']} s")


@circuit.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("proof", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def verify(directory: Path, proof: Path, as_json: bool) -> None:
    """Verify PROOF, a file written by 'veristake circuit prove', under the circuit in DIRECTORY."""
    opened = open_circuit(directory)
    try:
        document = json.loads(proof.read_text("utf-8"))
        instances = Instances.model_validate(document["instances"])
        content = bytes.fromhex(document["proof"].removeprefix("0x"))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"{proof} is not a proof file: {error}", remedy="Make one: veristake circuit prove"
        ) from error
    if not run_isolated(prover.verify, opened, instances, content):
        raise ProofRejectedError(
            f"{proof} does not verify under circuit {opened.manifest.circuit_id[:18]}…",
            remedy="It was altered, or is of another circuit",
        )
    click.echo(json.dumps({"verified": True}) if as_json else "verified")


@circuit.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it on one line.")
def show(directory: Path, as_json: bool) -> None:
    """Print the manifest of the circuit in DIRECTORY as JSON."""
    manifest = read_manifest(directory)
    click.echo(manifest.to_json() if as_json else manifest.model_dump_json(indent=1))


def _integers(path: Path) -> list[int]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise CircuitError(f"{path} is not JSON: {error}", remedy="Give a JSON list of integers") from error
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise CircuitError(f"{path} is not a list of integers", remedy="Give a JSON list of integers")
    return values
