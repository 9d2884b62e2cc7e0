"""Commands of miner and validator. Heavy imports wait until a command needs them, so that --help is quick."""

from __future__ import annotations

import json
from pathlib import Path

import click

from daemon.findings import show_findings
from neurons.circuit_commands import circuits
from neurons.command_options import CONFIG, JSON
from neurons.network_commands import add_network_commands
from neurons.validator.api.commands import keys
from neurons.validator.inspection_commands import explain_command, weights_group
from statements.errors import ConfigurationError

_force = click.option("--force", is_flag=True, help="Replace the file when it exists.")
_chain = click.option(
    "--chain", type=click.Choice(["finney", "test", "local"]), help="Take part in a subnet on this Bittensor chain."
)
_netuid = click.option("--netuid", type=click.IntRange(0, 65_535), metavar="N", help="Number of the subnet there.")


@click.group()
def miner() -> None:
    """Prove scores of restaking tokens for validators, and be paid for speed.

    A miner reads the home chain, computes the model's inputs, proves the model's run with EZKL and answers
    validators over signed HTTP. Begin with `init`, look with `doctor`, then `run`.
    """


miner.add_command(circuits)


@miner.command("init")
@CONFIG
@_chain
@_netuid
@_force
@JSON
def miner_init(config: Path, chain: str | None, netuid: int | None, force: bool, as_json: bool) -> None:
    """Write a settings file with every field explained.

    Without --chain the subnet is a file on this machine.
    """
    from neurons.miner.settings import TEMPLATE

    _write_template(config, _for_chain(TEMPLATE, chain, netuid), force, as_json)


@miner.command("doctor")
@CONFIG
@JSON
@click.pass_context
def miner_doctor(ctx: click.Context, config: Path, as_json: bool) -> None:
    """Check wallet, network, port, chain and circuits.

    The exit code is 1 when something is wrong.
    """
    from neurons.miner.doctor import examine_miner
    from neurons.miner.settings import MinerSettings
    from neurons.settings import load_settings

    show_findings(ctx, examine_miner(load_settings(MinerSettings, config)), as_json=as_json)


@miner.command("run")
@CONFIG
def miner_run(config: Path) -> None:
    """Run the miner until SIGTERM or Ctrl-C.

    Logs go to stderr, one JSON object a line; on a terminal as text.
    """
    from neurons.miner.run import run_miner
    from neurons.miner.settings import MinerSettings
    from neurons.settings import load_settings

    run_miner(load_settings(MinerSettings, config))


@click.group()
def validator() -> None:
    """Ask miners for scores, check their proofs, score the miners, and publish what holds.

    A validator computes every input itself and believes no miner. What it publishes, relayers bring onto chains.
    Begin with `init`, look with `doctor`, then `run`.
    """


@validator.command("init")
@CONFIG
@_chain
@_netuid
@_force
@JSON
def validator_init(config: Path, chain: str | None, netuid: int | None, force: bool, as_json: bool) -> None:
    """Write a settings file with every field explained.

    Without --chain the subnet is a file on this machine.
    """
    from neurons.validator.settings import TEMPLATE

    _write_template(config, _for_chain(TEMPLATE, chain, netuid), force, as_json)


@validator.command("doctor")
@CONFIG
@JSON
@click.pass_context
def validator_doctor(ctx: click.Context, config: Path, as_json: bool) -> None:
    """Check everything that the validator needs.

    That is wallet, network, port, chain, assets, circuit, attestation key, database and miners. The exit code is 1
    when something is wrong.
    """
    from neurons.settings import load_settings
    from neurons.validator.doctor import examine_validator
    from neurons.validator.settings import ValidatorSettings

    show_findings(ctx, examine_validator(load_settings(ValidatorSettings, config)), as_json=as_json)


@validator.command("run")
@CONFIG
def validator_run(config: Path) -> None:
    """Run the validator until SIGTERM or Ctrl-C.

    Logs go to stderr, one JSON object a line; on a terminal as text.
    """
    from neurons.settings import load_settings
    from neurons.validator.run import run_validator
    from neurons.validator.settings import ValidatorSettings

    run_validator(load_settings(ValidatorSettings, config))


@validator.command("scores")
@CONFIG
@JSON
@click.option("--miner", "hotkey", metavar="HOTKEY", help="Show every change of this miner's score instead.")
def validator_scores(config: Path, as_json: bool, hotkey: str | None) -> None:
    """Show the miners' scores, and why they are what they are."""
    from daemon.state import place_of
    from neurons.settings import load_settings
    from neurons.validator.migrate import open_existing
    from neurons.validator.settings import ValidatorSettings
    from neurons.validator.store import ValidatorStore

    state_url = load_settings(ValidatorSettings, config).state_url
    engine = open_existing(state_url)
    if engine is None:
        click.echo("[]" if as_json else f"no state yet at {place_of(state_url)}")
        return
    store = ValidatorStore(engine, "")
    try:
        if hotkey is not None:
            changes = store.changes(hotkey)
            rows = [change.model_dump() for change in changes]
            lines = [f"{c.previous:.6f} -> {c.score:.6f}  {c.reason}  {c.statement_id or ''}" for c in changes]
        else:
            scores = store.scores()
            rows = [score.model_dump() for score in scores]
            lines = [f"{s.score:.6f}  {s.hotkey}  last change: {s.last_change.reason}" for s in scores]
    finally:
        store.close()
    click.echo(json.dumps(rows) if as_json else "\n".join(lines) or "no scores yet")


add_network_commands(miner, "miner")
add_network_commands(validator, "validator")
validator.add_command(keys)
validator.add_command(explain_command)
validator.add_command(weights_group)


def _for_chain(template: str, chain: str | None, netuid: int | None) -> str:
    if chain is None and netuid is None:
        return template
    if chain is None or netuid is None:
        raise click.UsageError("--chain and --netuid go together")
    from neurons.network.templates import with_chain

    return with_chain(template, chain, netuid)


def _write_template(config: Path, template: str, force: bool, as_json: bool) -> None:
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        with config.open("w" if force else "x") as file:
            file.write(template)
    except FileExistsError as error:
        raise ConfigurationError(f"settings file {config} exists", remedy="Give --force to replace it.") from error
    except OSError as error:
        raise ConfigurationError(
            f"settings file {config} cannot be written: {error.strerror}", remedy="Choose another place."
        ) from error
    click.echo(json.dumps({"settings": str(config)}) if as_json else f"wrote {config}")
