"""Deploys everything that one chain needs: ``ape run deploy --network http://127.0.0.1:8545 --plan FILE``.

``veristake contracts deploy`` does the same; the work is in :mod:`veristake.contracts_tool.deploy`.
"""

from pathlib import Path

import click
from ape.api import ProviderAPI
from ape.cli import ConnectedProviderCommand

from statements.errors import VeristakeError
from veristake.contracts_tool.deploy import deploy_connected
from veristake.contracts_tool.plan import load_plan
from veristake.project import find_project


@click.command(cls=ConnectedProviderCommand)
@click.option("--plan", "plan_file", required=True, type=click.Path(path_type=Path), help="See scripts/plans/.")
@click.option("--output", default="build/deployments", show_default=True, type=click.Path(path_type=Path))
def cli(provider: ProviderAPI, plan_file: Path, output: Path) -> None:
    """Deploy what a plan says, and record it in OUTPUT/<chainId>.json."""
    try:
        path = deploy_connected(load_plan(plan_file), provider, find_project().root, output)
    except VeristakeError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"deployed: {path}")
