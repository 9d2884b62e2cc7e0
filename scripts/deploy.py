"""Deploys everything that one chain needs: ``ape run deploy --network base:mainnet --plan FILE``.

``veristake contracts deploy`` does the same; the work is in :mod:`veristake.contracts_tool.deploy`.
"""

from pathlib import Path

import click
from ape.api import ProviderAPI
from ape.cli import ConnectedProviderCommand

from statements.errors import VeristakeError
from veristake.contracts_tool.confirmation import confirm_chain
from veristake.contracts_tool.deploy import deploy_connected
from veristake.contracts_tool.plan import load_plan
from veristake.project import find_project


@click.command(cls=ConnectedProviderCommand)
@click.option("--plan", "plan_file", required=True, type=click.Path(path_type=Path), help="See scripts/plans/.")
@click.option("--output", default="build/deployments", show_default=True, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask for the chain id when the chain is not a local one.")
def cli(provider: ProviderAPI, plan_file: Path, output: Path, yes: bool) -> None:
    """Deploy what a plan says, and record it in OUTPUT/<chainId>.json; after a crash, go on."""
    try:
        plan = load_plan(plan_file)
        confirm_chain(plan.chain_id, confirmed=yes)
        path = deploy_connected(
            plan, provider, find_project().root, output, lambda step: click.echo(f"  {step}", err=True)
        )
    except VeristakeError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"deployed: {path}")
