"""``veristake circuit srs``: import a public ceremony's structured reference string."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def srs() -> None:
    """Import structured reference strings (SRS) of public ceremonies."""


@srs.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--k", "logrows", type=click.IntRange(1, 28), help="Size wanted, log2 of rows; all of the file by default."
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("build/srs"), show_default=True, help="Folder of SRS files."
)
@click.option(
    "--trust-digest",
    help="sha256 or blake2b-512 of FILE: you vouch for a ceremony that is not known here. Without it circuits built "
    "with an unknown ceremony's SRS are for local chains only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what is known of it as JSON.")
def import_(file: Path, logrows: int | None, out: Path, trust_digest: str | None, as_json: bool) -> None:
    """Import FILE: halo2's raw form, or snarkjs' .ptau prepared for phase 2.

    Every point, the powers of tau (by pairing) and the Lagrange basis are checked; what remains to be trusted is that
    somebody in the ceremony forgot his secret. Then: veristake circuit build RECIPE --ceremony-srs THE_FILE_WRITTEN.
    """
    from verifier_gen.srs.importer import import_srs

    path, provenance = import_srs(file, out, logrows, trust_digest, lambda step: click.echo(f"  {step}", err=True))
    if as_json:
        click.echo(provenance.to_json())
        return
    click.echo(f"{path}: k={provenance.logrows}, {provenance.summary}")
    if provenance.ceremony is None:
        click.echo(f"  unknown ceremony: neither sha256 nor blake2b {provenance.source_blake2b} is published here")
    if not provenance.is_trusted:
        click.echo("  for local chains only, unless you vouch for it: --trust-digest")
