"""``veristake contracts``: compile, deploy, activate, check, and lists of rewards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from statements.errors import ChainError
from veristake.contracts_tool.activate_command import activate_command
from veristake.contracts_tool.distribution_command import distribution_group
from veristake.project import find_project

_JSON = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output.")


def _step(text: str) -> None:
    click.echo(f"  {text}", err=True)


@click.group()
def contracts() -> None:
    """Compile, deploy and check the contracts, activate a proposed circuit, and make lists of rewards.

    Compiling and deploying go through Ape; `ape run deploy` and `ape run verify_deployment` do the same.
    """


@contracts.command("compile")
@click.option("--force", is_flag=True, help="Compile even when no source has changed.")
@_JSON
def compile_command(force: bool, as_json: bool) -> None:
    """Compile all contracts. A second run, with nothing changed, takes a second."""
    from veristake.contracts_tool.compile import compiled_project
    from veristake.contracts_tool.environment import prepare_ape
    from veristake.contracts_tool.session import quiet_ape

    root = find_project().root
    prepare_ape(root)
    quiet_ape()
    project = compiled_project(root, _step, force=force)
    sizes = {
        name: len(bytes(project.contracts[name].contract_type.get_runtime_bytecode() or b""))
        for name in sorted(project.contracts)
    }
    deployable = {name: size for name, size in sizes.items() if size}
    if as_json:
        click.echo(json.dumps({"runtime_bytes": deployable}))
        return
    for name, size in deployable.items():
        click.echo(f"{name:32} {size:6,} bytes")


@contracts.command("deploy")
@click.option(
    "--plan",
    "plan_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file that says what to deploy; scripts/plans/ has examples.",
)
@click.option("--rpc", required=True, help="URL of a node of the chain, e.g. http://127.0.0.1:8545.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/deployments"),
    show_default=True,
    help="Folder for <chainId>.json, which is written only when all went well.",
)
@click.option("--dry-run", is_flag=True, help="Check everything and show the addresses; send and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for the chain id when the chain is not a local one.")
@_JSON
def deploy_command(plan_file: Path, rpc: str, output: Path, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Deploy everything that one chain needs, and record the addresses.

    Before the first transaction it checks the chain id, the account's funds, the circuit's manifest and generated
    verifier, and that the chain can verify EZKL proofs at all. A circuit built on a dev SRS goes to local chains only.

    After a crash run the same command again: OUTPUT/<chainId>.journal.json knows what was sent.
    """
    from veristake.contracts_tool import deploy
    from veristake.contracts_tool.confirmation import confirm_chain
    from veristake.contracts_tool.plan import load_plan

    plan, root = load_plan(plan_file), find_project().root
    if dry_run:
        _show_dry_run(deploy.dry_run(plan, rpc, root, output, _step), as_json=as_json)
        return
    confirm_chain(plan.chain_id, confirmed=yes)
    path = deploy.deploy_to(plan, rpc, root, output, _step)
    click.echo(json.dumps({"deployment": str(path)}) if as_json else f"deployed: {path}")


def _show_dry_run(predicted: dict[str, dict[str, str]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"contracts": predicted}))
        return
    for name, contract in predicted.items():
        click.echo(f"{name:44} {contract['address']}  {contract['state']}")


contracts.add_command(activate_command)
contracts.add_command(distribution_group)


@contracts.command("check")
@click.argument("deployment_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--rpc", required=True, help="URL of a node of the chain, e.g. http://127.0.0.1:8545.")
@_JSON
def check_command(deployment_file: Path, rpc: str, as_json: bool) -> None:
    """Compare DEPLOYMENT_FILE with the chain: code, roles, delays, pointers between contracts, registry versions.

    Names each difference; exit code 1 when there is one.
    """
    from veristake.contracts_tool.record import read_deployment
    from veristake.contracts_tool.verify import differences

    deployment = read_deployment(deployment_file)
    found = differences(deployment, _web3(rpc))
    if as_json:
        click.echo(json.dumps({"differences": [difference.to_dict() for difference in found]}))
    else:
        for difference in found:
            click.echo(str(difference))
        click.echo(f"{len(deployment.contracts)} contracts, {len(found)} differences")
    if found:
        click.get_current_context().exit(1)


def _web3(rpc: str) -> Any:
    from web3 import HTTPProvider, Web3
    from web3.types import RPCEndpoint

    # web3 asks for the chain's id before each call: asked once, a check takes half as many requests
    once = {RPCEndpoint("eth_chainId")}
    web3 = Web3(HTTPProvider(rpc, request_kwargs={"timeout": 10}, cache_allowed_requests=True, cacheable_requests=once))
    if not web3.is_connected():
        raise ChainError(f"rpc {rpc} does not answer", remedy="Start the node, or correct the URL")
    return web3
