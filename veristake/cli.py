"""The front door: one command, a sub-command per role; each role is imported only when it is asked for."""

from __future__ import annotations

import importlib
import json
import logging
import sys
import traceback
from typing import Any

import click
from typing_extensions import override

from statements.errors import VeristakeError

_COMMANDS: dict[str, tuple[str, str, str]] = {
    # name: (module:attribute, extra that brings its dependencies, one line of help)
    "model": ("staking_model.commands:model", "miner", "Train, inspect and run the staking model."),
    "circuit": ("verifier_gen.commands:circuit", "circuit", "Build circuits, prove and verify with EZKL."),
    "contracts": ("veristake.contracts_tool.commands:contracts", "contracts", "Compile, deploy and check contracts."),
    "wallet": ("neurons.wallet_commands:wallet", "miner", "Make, restore and list wallets of neurons."),
    "miner": ("neurons.commands:miner", "miner", "Run the model and prove the run."),
    "validator": ("neurons.commands:validator", "validator", "Ask miners, verify, score and publish proofs."),
    "relayer": ("relayer.commands:relayer", "relayer", "Put published proofs onto EVM chains."),
    "demo": ("veristake.demo.commands:demo", "all", "The whole corridor on two local chains."),
    "doctor": ("veristake.doctor:doctor", "", "Check that this machine has what veristake needs."),
}
_OWN_PACKAGES = frozenset(
    {"statements", "signed_http", "daemon", "staking_model", "verifier_gen", "neurons", "relayer", "veristake"}
)


class MissingExtraError(VeristakeError):
    """A role was asked for whose dependencies are not installed."""

    exit_code = 3


class RoleGroup(click.Group):
    """Sub-commands by role, imported when used, so that an operator needs only the role's own extra."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the corridor."""
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a role's commands."""
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the roles without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.group(cls=RoleGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="veristake")
@click.option("--debug", is_flag=True, help="Show the trace of an error, not only its message and remedy.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Staking duration and exit risk of liquid restaking tokens, proven and verified on any EVM chain.

    Start with 'veristake demo', which shows the whole corridor on two local chains, or with
    'veristake doctor', which says what this machine lacks.
    """
    ctx.ensure_object(dict)["debug"] = debug
    logging.captureWarnings(True)


def _report(error: VeristakeError, *, as_json: bool, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)
    if as_json:
        body: dict[str, Any] = {"error": error.message, "remedy": error.remedy}
        click.echo(json.dumps(body))
        return
    click.secho(f"error: {error.message}", fg="red", err=True)
    if error.remedy:
        click.echo(f"remedy: {error.remedy}", err=True)


def _missing_extra(error: ModuleNotFoundError, words: list[str]) -> MissingExtraError:
    """Which extra to install; a missing module of our own is a broken installation and raised again."""
    package = (error.name or "").split(".")[0]
    role = next((word for word in words if word in _COMMANDS), None)
    if package in _OWN_PACKAGES or role is None:
        raise error
    extra = _COMMANDS[role][1]
    return MissingExtraError(
        f"'veristake {role}' needs the Python package {package}",
        remedy=f"Install the role's extra: pip install 'veristake[{extra}]'",
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; a VeristakeError becomes one line with its remedy and a non-zero exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in words
    try:
        code = cli.main(words, prog_name="veristake", standalone_mode=False)
    except VeristakeError as error:
        _report(error, as_json=as_json, debug="--debug" in words)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        missing = _missing_extra(error, words)
        _report(missing, as_json=as_json, debug="--debug" in words)
        sys.exit(missing.exit_code)
    except click.ClickException as error:
        if as_json:
            click.echo(json.dumps({"error": error.format_message(), "remedy": "See --help"}))
        else:
            error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
