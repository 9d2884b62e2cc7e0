"""``veristake contracts distribution``."""

from __future__ import annotations

import json
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from statements.errors import ConfigurationError

_FILE = click.Path(dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output.")


@click.group("distribution")
def distribution_group() -> None:
    """Make the Merkle tree of a distribution of rewards, and check one. Needs no node: nothing is sent or read."""


@distribution_group.command("build")
@click.argument("amounts_file", type=_FILE)
@click.option("--chain-id", required=True, type=click.IntRange(min=1), help="Chain of the ClaimManager, e.g. 1.")
@click.option("--claim-manager", required=True, help="Address of the ClaimManager.")
@click.option(
    "--distribution",
    required=True,
    type=click.IntRange(min=1),
    help="Number that it will get: the ClaimManager's distributionCount() plus 1.",
)
@click.option(
    "--output",
    type=_FILE,
    default=Path("distribution.json"),
    show_default=True,
    help="Where the list goes, with a proof for each user. Publish it: users claim with it.",
)
@_JSON
def build_command(
    amounts_file: Path, chain_id: int, claim_manager: str, distribution: int, output: Path, as_json: bool
) -> None:
    """Make the tree over AMOUNTS_FILE, a CSV file of the columns address,amount in the token's smallest units.

    Prints the root and the total for announceMerkle, and writes every user's proof for claimLeaf. A row whose address
    is wrong, the ClaimManager's or was there before, or whose amount is not a whole number above 0,
    is named, and nothing is written.
    """
    from veristake.contracts_tool.distribution_amounts import read_amounts
    from veristake.contracts_tool.distribution_file import DistributionFile

    manager = _address("--claim-manager", claim_manager)
    made = DistributionFile.build(chain_id, manager, distribution, read_amounts(amounts_file, manager))
    try:
        output.write_text(made.model_dump_json(indent=1) + "\n", "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written: {error.strerror}", remedy="Choose --output") from error
    if as_json:
        click.echo(_facts(made.root, made.total, len(made.claims), file=str(output)))
        return
    click.echo(f"root   {made.root}\ntotal  {made.total}\nusers  {len(made.claims)}\nproofs {output}")


@distribution_group.command("check")
@click.argument("proof_file", type=_FILE)
@click.option("--root", help="Root that it must have: distribution(NUMBER).root of the ClaimManager.")
@click.option("--user", help="Show this user's amount and proof, as claimLeaf takes them.")
@_JSON
def check_command(proof_file: Path, root: str | None, user: str | None, as_json: bool) -> None:
    """Make the tree of PROOF_FILE again from its amounts, and compare the root, the total and every proof.

    Exit code 1 when one differs. That the root is the announced one, it says with --root only.
    """
    from statements.errors import ProofRejectedError
    from veristake.contracts_tool.distribution_file import DistributionFile

    listed = DistributionFile.read(proof_file)
    listed.check()
    if root is not None and root.lower() != listed.root:
        raise ProofRejectedError(f"the root is {listed.root}, not {root}", remedy="Ask for the announced list")
    claim = listed.claim_of(_address("--user", user)) if user else None
    if as_json:
        shown = claim.model_dump(mode="json") if claim else None
        click.echo(_facts(listed.root, listed.total, len(listed.claims), claim=shown))
        return
    click.echo(f"root {listed.root} pays {listed.total} to {len(listed.claims)} users; every proof leads to it")
    if claim:
        click.echo(f"{claim.user} gets {claim.amount}\nproof [{','.join(claim.proof)}]")


def _address(option: str, value: str) -> str:
    from veristake.contracts_tool.plan import RealAddress

    adapter: TypeAdapter[str] = TypeAdapter(RealAddress)
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        told = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{option} {value!r}: {told}", remedy="Give the whole address") from error


def _facts(root: str, total: int, users: int, **more: object) -> str:
    # amounts as text: JSON readers lose integers above 2^53
    return json.dumps({"root": root, "total": str(total), "users": users, **more})
