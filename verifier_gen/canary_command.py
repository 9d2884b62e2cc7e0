"""``veristake circuit canary``: build the canary that guards a circuit's proof system."""

from __future__ import annotations

import json
from pathlib import Path

import click

from verifier_gen.build import ensure_circuit
from verifier_gen.canary import canary_recipe, proof_system, require_guards, unreachable_instances
from verifier_gen.circuit import read_manifest

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
@click.option("--json", "as_json", is_flag=True, help="Print what CanaryStop's constructor takes as JSON.")
def canary(guarded: Path, out: Path, srs: Path, ceremony_srs: Path | None, as_json: bool) -> None:
    """Build the canary of the circuit in GUARDED: relu(x) = -1, with the same SRS and rows.

    Who can prove it can prove anything in this proof system; CanaryStop then freezes it (docs/security.md).
    """
    manifest = read_manifest(guarded)
    built = ensure_circuit(canary_recipe(manifest), out, srs, lambda step: click.echo(step, err=True), ceremony_srs)
    require_guards(built.manifest, manifest)
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
