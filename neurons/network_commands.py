"""Commands about a neuron's place in its subnet, the same for both roles."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurons.command_options import CONFIG, JSON

if TYPE_CHECKING:
    from neurons.network.registration import RegistrationPlan
    from neurons.settings import NeuronSettings


def add_network_commands(group: click.Group, role: str) -> None:
    """Give a role its `status` and `register`.

    Args:
        group: commands of the role.
        role: ``miner`` or ``validator``.
    """
    group.add_command(_status(role))
    group.add_command(_register(role))


def _status(role: str) -> click.Command:
    @click.command("status", help=f"Show whether the {role} runs, and where it stands in the subnet.")
    @CONFIG
    @JSON
    def status(config: Path, as_json: bool) -> None:
        from neurons.status import neuron_status

        found = neuron_status(_load(role, config))
        click.echo(found.model_dump_json() if as_json else "\n".join(found.lines()))

    return status


def _register(role: str) -> click.Command:
    @click.command(
        "register",
        help=f"""Enter the {role}'s hotkey into the subnet.

        On a chain that costs TAO: without --yes the price is shown and nothing is done.
        In a local network it is free and done at once.
        """,
    )
    @CONFIG
    @click.option("--yes", is_flag=True, help="Pay and register.")
    @click.option(
        "--max-cost",
        type=Decimal,
        metavar="TAO",
        help="Most that may be paid; by default 5 % above the price found.",
    )
    @JSON
    def register(config: Path, yes: bool, max_cost: Decimal | None, as_json: bool) -> None:
        if max_cost is not None and not (max_cost.is_finite() and max_cost >= 0):
            raise click.BadParameter(f"{max_cost} is no amount of TAO", param_hint="--max-cost")
        outcome, text = _registered(_load(role, config), role, yes=yes, max_cost=max_cost)
        click.echo(json.dumps(outcome) if as_json else text)

    return register


def _load(role: str, config: Path) -> NeuronSettings:
    from neurons.settings import load_settings

    if role == "miner":
        from neurons.miner.settings import MinerSettings

        return load_settings(MinerSettings, config)
    from neurons.validator.settings import ValidatorSettings

    return load_settings(ValidatorSettings, config)


def _registered(
    settings: NeuronSettings, role: str, *, yes: bool, max_cost: Decimal | None
) -> tuple[dict[str, Any], str]:
    from neurons.network import Role
    from neurons.network.bittensor_network import BittensorNetwork
    from neurons.network.registration import RAO_PER_TAO, plan_registration, register_hotkey
    from neurons.opening import open_hotkey, open_network
    from signed_http.wallets import coldkey_address, hotkey_of, open_wallet, unlock_coldkey

    network = open_network(settings)
    if not isinstance(network, BittensorNetwork):
        neuron = network.register(open_hotkey(settings.wallet).ss58_address, Role(role))
        return {"registered": True, "uid": neuron.uid}, f"uid {neuron.uid} in the local network"
    wallet = open_wallet(settings.wallet.path, settings.wallet.name, settings.wallet.hotkey)
    plan = plan_registration(network, hotkey_of(wallet).ss58_address, coldkey_address(wallet))
    limit = plan.cost_rao + plan.cost_rao // 20 if max_cost is None else int(max_cost * RAO_PER_TAO)
    outcome = {**vars(plan), "max_cost_rao": limit, "registered": plan.uid is not None}
    if plan.uid is not None:
        return outcome, f"hotkey {plan.hotkey} is registered as uid {plan.uid}; nothing was done"
    text = _shown(plan, limit, network.settings.netuid)
    if not yes:
        return outcome, f"{text}\nNothing was done. Add --yes to register."
    plan.require_possible(limit)
    uid = register_hotkey(network, plan.hotkey, unlock_coldkey(wallet), limit)
    return {**outcome, "registered": True, "uid": uid}, f"{text}\nregistered as uid {uid}"


def _shown(plan: RegistrationPlan, limit_rao: int, netuid: int) -> str:
    from neurons.network.registration import tao

    burned = plan.cost_rao - plan.locked_rao
    return "\n".join(
        (
            f"subnet    {netuid}, registration {'open' if plan.is_open else 'closed'}",
            f"hotkey    {plan.hotkey}",
            f"coldkey   {plan.coldkey}, has {tao(plan.balance_rao)} TAO",
            f"cost      {tao(plan.cost_rao)} TAO: {tao(burned)} burned, {tao(plan.locked_rao)} locked, fee apart",
            f"at most   {tao(limit_rao)} TAO is paid: the price may move until then",
        )
    )
