"""``veristake contracts activate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from statements.errors import ConfigurationError
from veristake.contracts_tool.account_plan import AccountPlan, TransactionsPlan
from veristake.contracts_tool.confirmation import confirm_chain
from veristake.project import find_project

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("activate")
@click.argument("deployment_file", type=_FILE)
@click.option("--rpc", required=True, help="URL of a node of the chain, e.g. http://127.0.0.1:8545.")
@click.option("--model", help="Name of the model, when more than one waits.")
@click.option("--from-epoch", type=click.IntRange(min=0), help="First epoch it serves; default: the next one.")
@click.option("--alias", help="The proposer's Ape account: ~/.ape/accounts/ALIAS.json.")
@click.option("--keystore", type=_FILE, help="The proposer's V3 keystore.")
@click.option("--password-file", type=_FILE, help="File whose first line opens it.")
@click.option("--password-variable", help="Environment variable that opens it.")
@click.option("--test-index", type=int, help="Number of a well-known test account; local chains only.")
@click.option("--max-gas-price", type=float, help="Most gwei that a unit of gas may cost.")
@click.option("--calldata", is_flag=True, help="Send nothing: print receiver and calldata, for a multisig to send.")
@click.option("--yes", is_flag=True, help="Do not ask for the chain id.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output.")
def activate_command(
    deployment_file: Path,
    rpc: str,
    model: str | None,
    from_epoch: int | None,
    max_gas_price: float | None,
    calldata: bool,
    yes: bool,
    as_json: bool,
    **account: Any,
) -> None:
    """Activate the version that DEPLOYMENT_FILE records as proposed, once its delay is over, and record it.

    A version that somebody else has activated meanwhile is only recorded.
    """
    from veristake.contracts_tool.activation import activate, is_active, open_activation
    from veristake.contracts_tool.environment import prepare_ape
    from veristake.contracts_tool.session import connected

    prepare_ape(find_project().root)
    with connected(rpc) as provider:
        activation = open_activation(deployment_file, model, provider.web3)
        if calldata:
            call = activation.call(from_epoch)
            click.echo(json.dumps({"to": call.to, "value": "0", "data": "0x" + call.data.hex()}))
            return
        if not is_active(activation):
            confirm_chain(activation.deployment.chain_id, confirmed=yes)
            activate(activation, *_plans(account, max_gas_price, activation.deployment.chain_id), from_epoch, provider)
        path = activation.record()
    click.echo(json.dumps({"deployment": str(path)}) if as_json else f"active: {activation.name}, recorded in {path}")


def _plans(account: dict[str, Any], max_gas_price: float | None, chain_id: int) -> tuple[AccountPlan, TransactionsPlan]:
    from veristake.contracts_tool.checks import check_account_is_private

    try:
        plan = AccountPlan.model_validate(account)
        transactions = TransactionsPlan(max_gas_price_gwei=max_gas_price)
    except ValidationError as error:
        raise ConfigurationError(
            f"account: {error.errors()[0]['msg']}", remedy="Give --alias or --keystore with a passphrase"
        ) from error
    check_account_is_private(plan, chain_id)
    return plan, transactions
