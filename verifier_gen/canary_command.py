"""``veristake circuit canary``: build the canary that guards a circuit's proof system."""

from __future__ import annotations

import json
from pathlib import Path

import click

from verifier_gen.build import BuildOptions, build_circuit, ensure_circuit
from verifier_gen.canary import canary_recipe, proof_system, require_guards, require_same_srs, unreachable_instances
from verifier_gen.circuit import Circuit, read_manifest
from verifier_gen.manifest import CircuitManifest
from verifier_gen.solidity import install_verifier

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("guarded", type=_PATH)
@click.option("--out", type=_PATH, default=Path("build") / "circuits", show_default=True, help="Folder of circuits.")
@click.option("--srs", type=_PATH, default=Path("build") / "srs", show_default=True, help="Folder of cached SRS.")
@click.option(
    "--ceremony-srs",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The SRS that GUARDED was built with, where it is not a development one.",
)
@click.option(
    "--contracts",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("contracts"),
    show_default=True,
    help="Solidity sources; the verifier goes to its folder 'generated'. Skipped where there is no such folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what CanaryStop's constructor takes as JSON.")
def canary(guarded: Path, out: Path, srs: Path, ceremony_srs: Path | None, contracts: Path, as_json: bool) -> None:
    """Build the canary of the circuit in GUARDED: relu(x) = -1, with the same SRS and rows.

    Who can prove it can prove anything in this proof system; CanaryStop then freezes it (docs/security.md).
    'veristake contracts deploy' deploys it where the plan names its folder as canary.
    """
    manifest = read_manifest(guarded)
    require_same_srs(manifest, srs, ceremony_srs)
    built = _built(manifest, out, srs, ceremony_srs)
    require_guards(built.manifest, manifest)
    if contracts.is_dir():
        install_verifier(built.paths, built.manifest.verifier_contract, contracts)
    pinned = [str(x) for x in unreachable_instances(built.manifest)]
    if as_json:
        found = {
            "proof_system": proof_system(built.manifest),
            "instances": pinned,
            "verifier_source": str(built.paths.verifier_source),
            "verifier_contract": built.manifest.verifier_contract,
        }
        click.echo(json.dumps(found))
        return
    click.echo(f"proof system  {proof_system(built.manifest)}")
    click.echo(f"instances     [{', '.join(pinned)}]")
    click.echo(f"verifier      {built.paths.verifier_source} ({built.manifest.verifier_contract})")


def _built(guarded: CircuitManifest, out: Path, srs: Path, ceremony_srs: Path | None) -> Circuit:
    recipe, options = canary_recipe(guarded), BuildOptions(ceremony_srs=ceremony_srs)
    built = ensure_circuit(recipe, out, srs, _step, options=options)
    if built.manifest.srs_hash == guarded.srs_hash:
        return built
    # one that was built for a circuit on another SRS of this size
    return build_circuit(recipe, out, srs, _step, options)


def _step(text: str) -> None:
    click.echo(text, err=True)
