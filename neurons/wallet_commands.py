"""``veristake wallet``: keys on disk. No key and no mnemonic is ever an argument, and none is shown unasked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neurons.command_options import JSON
from statements.errors import ConfigurationError

if TYPE_CHECKING:
    from neurons.wallets import KeyShown, WalletShown, Which

_PATH = click.option(
    "--path",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("~/.bittensor/wallets"),
    show_default=True,
    metavar="FOLDER",
    help="Folder of wallets.",
)
_NAME = click.option("--name", required=True, metavar="NAME", help="Name of the wallet.")
_HOTKEY = click.option("--hotkey", default="default", show_default=True, metavar="NAME", help="Name of the hotkey.")
_PASSWORD_FILE = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File with the coldkey's password on one line, instead of asking for it.",
)
_NO_PASSWORD = click.option(
    "--no-password", is_flag=True, help="Leave the coldkey unencrypted: for local networks, whose TAO is worth nothing."
)


@click.group()
def wallet() -> None:
    """Make, restore and list wallets: a coldkey that owns and pays, and a hotkey for each neuron.

    Keys are files in the SDK's layout, readable by their owner only. Passwords and mnemonics are asked for at the
    terminal or read from files.
    """


@wallet.command("new")
@_PATH
@_NAME
@_HOTKEY
@_PASSWORD_FILE
@_NO_PASSWORD
@click.option(
    "--show-mnemonic",
    is_flag=True,
    help="Print the words of the keys made, for a backup on paper; without them a lost file is a lost key.",
)
@JSON
def new(
    path: Path,
    name: str,
    hotkey: str,
    password_file: Path | None,
    no_password: bool,
    show_mnemonic: bool,
    as_json: bool,
) -> None:
    """Make a coldkey and a hotkey; one that is there already stays."""
    from neurons.wallets import new_wallet

    words: dict[str, str] = {}
    keep = words.__setitem__ if show_mnemonic else None
    made = new_wallet(path.expanduser(), name, hotkey, password=_password(password_file, no_password), on_mnemonic=keep)
    if as_json:
        click.echo(json.dumps({**made.as_json(), "mnemonics": words} if show_mnemonic else made.as_json()))
        return
    _print(made)
    for which, mnemonic in words.items():
        click.echo(f"mnemonic of the {which}: {mnemonic}")


@wallet.command("import")
@_PATH
@_NAME
@_HOTKEY
@click.option(
    "--key",
    "which",
    type=click.Choice(["coldkey", "hotkey"]),
    default="coldkey",
    show_default=True,
    help="Which key the words are of.",
)
@click.option(
    "--mnemonic-file",
    type=click.File(),
    metavar="FILE",
    help="File with the words, - for standard input; without it they are asked for and not shown.",
)
@_PASSWORD_FILE
@_NO_PASSWORD
@JSON
def import_(
    path: Path,
    name: str,
    hotkey: str,
    which: str,
    mnemonic_file: click.utils.LazyFile | None,
    password_file: Path | None,
    no_password: bool,
    as_json: bool,
) -> None:
    """Restore a key from its mnemonic; nothing that is there is replaced."""
    from neurons.wallets import import_key

    mnemonic = mnemonic_file.read() if mnemonic_file else click.prompt("Mnemonic", hide_input=True, err=True)
    key: Which = "coldkey" if which == "coldkey" else "hotkey"
    password = _password(password_file, no_password) if key == "coldkey" else None
    made = import_key(path.expanduser(), name, hotkey, key, mnemonic, password=password)
    if as_json:
        click.echo(json.dumps(made.as_json()))
    else:
        _print(made)


@wallet.command("show")
@_PATH
@click.option("--name", metavar="NAME", help="Only this wallet.")
@JSON
def show(path: Path, name: str | None, as_json: bool) -> None:
    """List wallets with their addresses; no key is opened."""
    from neurons.wallets import show_wallets

    found = [shown for shown in show_wallets(path.expanduser()) if name in (None, shown.name)]
    if name is not None and not found:
        raise ConfigurationError(
            f"there is no wallet {name!r} in {path}", remedy="List them all: veristake wallet show."
        )
    if as_json:
        click.echo(json.dumps([shown.as_json() for shown in found]))
        return
    for shown in found:
        _print(shown)
    if not found:
        click.echo(f"no wallets in {path}")


def _password(file: Path | None, no_password: bool) -> str | None:
    if no_password:
        if file is not None:
            raise ConfigurationError("--no-password and --password-file were both given", remedy="Give one of them.")
        return None
    if file is None:
        asked: str = click.prompt("Password of the coldkey", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    password = file.read_text("utf-8").rstrip("\r\n")
    if not password:
        raise ConfigurationError(f"password file {file} is empty", remedy="Write the password on its first line.")
    return password


def _print(shown: WalletShown) -> None:
    def line(key: KeyShown, label: str) -> str:
        return f"  {label:<20} {key.address or 'not readable':<48}  {key.state}"

    click.echo(shown.name)
    click.echo(line(shown.coldkey, "coldkey"))
    for hotkey in shown.hotkeys:
        click.echo(line(hotkey, f"hotkey {hotkey.name}"))
