"""Checks a deployment against its chain: ``ape run verify_deployment --network http://127.0.0.1:8545 FILE``.

``veristake contracts check`` does the same; the work is in :mod:`veristake.contracts_tool.verify`.
"""

from pathlib import Path

import click
from ape.api import ProviderAPI
from ape.cli import ConnectedProviderCommand

from statements.errors import VeristakeError
from veristake.contracts_tool.record import read_deployment
from veristake.contracts_tool.verify import differences


@click.command(cls=ConnectedProviderCommand)
@click.argument("deployment_file", type=click.Path(path_type=Path))
def cli(provider: ProviderAPI, deployment_file: Path) -> None:
    """Name every difference between DEPLOYMENT_FILE and the chain; exit code 1 when there is one."""
    try:
        found = differences(read_deployment(deployment_file), provider.web3)
    except VeristakeError as error:
        raise click.ClickException(str(error)) from error
    for difference in found:
        click.echo(str(difference))
    click.echo(f"{len(found)} differences")
    if found:
        click.get_current_context().exit(1)
