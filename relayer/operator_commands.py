"""``veristake relayer``: what an operator does about jobs, chains, keys and settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from statements.errors import ConfigurationError

if TYPE_CHECKING:
    from relayer.outbox.operator_store import OperatorStore
    from relayer.settings import ChainSettings, RelayerSettings

SETTINGS = click.option(
    "--config",
    "settings_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=Path("relayer.toml"),
    show_default=True,
    help="TOML file with the settings.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


def show(as_json: bool, content: dict[str, Any], text: str) -> None:
    """Print the one or the other."""
    click.echo(json.dumps(content) if as_json else text)


def _change(settings_path: Path) -> tuple[RelayerSettings, OperatorStore]:
    """Settings, and the state to change; it is made when there is none yet, so that a pause holds from the start."""
    from relayer.outbox.database import open_database
    from relayer.outbox.operator_store import OperatorStore
    from relayer.settings import load_settings

    settings = load_settings(settings_path)
    return settings, OperatorStore(open_database(settings.state_url))


def _chain(settings: RelayerSettings, name: str) -> ChainSettings:
    for chain in settings.chains:
        if chain.name == name:
            return chain
    raise ConfigurationError(
        f"there is no chain {name!r} in the settings", remedy=f"Known: {', '.join(c.name for c in settings.chains)}"
    )


def _job_verb(verb: str, told: str, help_text: str) -> click.Command:
    @click.command(verb, help=help_text)
    @click.argument("job_id", type=int)
    @SETTINGS
    @JSON
    def run(job_id: int, settings_path: Path, as_json: bool) -> None:
        _, operator = _change(settings_path)
        state = getattr(operator, verb)(job_id)
        show(as_json, {"job": job_id, "state": state}, f"job {job_id} is {state}; {told}")

    return run


JOB_VERBS = (
    _job_verb(
        "bump",
        "its transaction is replaced by a dearer one when the relayer runs",
        "Offer more for the transaction of JOB_ID.\n\nThe request is stored; the running relayer, or the next one, "
        "replaces the transaction by the same with higher fees.",
    ),
    _job_verb(
        "cancel",
        "what was sent is replaced by an empty transaction when the relayer runs",
        "Call JOB_ID off.\n\nA queued job ends at once. For a sent one the relayer sends an empty transaction with the "
        "same nonce; which of the two gets into a block is the chain's choice.",
    ),
    _job_verb(
        "retry",
        "it is tried when the relayer runs",
        "Try JOB_ID again that was rejected, cancelled, expired or skipped, or at once when it waits.",
    ),
)


@click.command()
@click.argument("chain")
@click.option("--reason", default="by the operator", show_default=True, help="For those who look at it later.")
@SETTINGS
@JSON
def pause(chain: str, reason: str, settings_path: Path, as_json: bool) -> None:
    """Sign nothing new on CHAIN, a name in the settings, until resumed.

    What is in flight is followed to its end. It holds across restarts, and works whether the relayer runs or not.
    """
    settings, operator = _change(settings_path)
    operator.pause(_chain(settings, chain).chain_id, reason)
    show(as_json, {"chain": chain, "paused": True}, f"{chain} is paused")


@click.command()
@click.argument("chain")
@SETTINGS
@JSON
def resume(chain: str, settings_path: Path, as_json: bool) -> None:
    """Go on with CHAIN after a pause."""
    settings, operator = _change(settings_path)
    operator.resume(_chain(settings, chain).chain_id)
    show(as_json, {"chain": chain, "paused": False}, f"{chain} goes on")


@click.group()
def wallet() -> None:
    """Make and look at the keys that pay for transactions."""


_KEYSTORE = click.argument("keystore", type=click.Path(path_type=Path))
_PASSWORD = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    required=True,
    help="File for the random password that is made; readable by you only.",
)


@wallet.command()
@_KEYSTORE
@_PASSWORD
@JSON
def new(keystore: Path, password_file: Path, as_json: bool) -> None:
    """Make a key with a random password; nothing that exists is overwritten."""
    from relayer.keys import create_keystore

    address = create_keystore(keystore, password_file)
    show(as_json, {"address": address, "keystore": str(keystore)}, address)


@wallet.command("import")
@_KEYSTORE
@_PASSWORD
@click.option(
    "--key-file",
    type=click.File("r"),
    required=True,
    help="File with the private key as hex; - reads it from standard input. Never give a key as an argument.",
)
@JSON
def import_(keystore: Path, password_file: Path, key_file: Any, as_json: bool) -> None:
    """Encrypt an existing key with a random password; nothing that exists is overwritten."""
    from relayer.keys import import_keystore

    address = import_keystore(keystore, password_file, key_file.read())
    show(as_json, {"address": address, "keystore": str(keystore)}, address)


@wallet.command()
@SETTINGS
@JSON
def address(settings_path: Path, as_json: bool) -> None:
    """Show which address pays on each chain; each needs funds there."""
    from relayer.settings import load_settings
    from relayer.signers import open_signer

    found = {chain.name: open_signer(chain).address for chain in load_settings(settings_path).chains}
    show(as_json, {"addresses": found}, "\n".join(f"{name} {address}" for name, address in found.items()))


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command()
@SETTINGS
@JSON
def check(settings_path: Path, as_json: bool) -> None:
    """Read the settings and say whether they hold together; doctor also tries what they name."""
    from relayer.assembly import open_circuits
    from relayer.settings import load_settings

    settings = load_settings(settings_path)
    circuits = sorted(open_circuits(settings))
    content = {
        "ok": True,
        "chains": [chain.name for chain in settings.chains],
        "sources": len(settings.sources),
        "circuits": circuits,
    }
    show(as_json, content, f"{settings_path} holds together: {len(settings.chains)} chains, {len(circuits)} circuits")


@config.command("show")
@SETTINGS
@JSON
def show_settings(settings_path: Path, as_json: bool) -> None:
    """Show every setting as it is in effect, with defaults and environment; what may be secret is left out."""
    from relayer.reference import flat, shown
    from relayer.settings import load_settings

    content = shown(load_settings(settings_path))
    show(as_json, content, "\n".join(f"{name} = {json.dumps(value)}" for name, value in flat(content)))
