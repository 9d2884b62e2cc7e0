"""Making, restoring and listing wallets; a mnemonic leaves this module only through the caller's hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from bittensor import wallets
from bittensor.keyfiles import Keyfile
from bittensor.sp_core import KeyfileError
from bittensor.wallet import Wallet

from statements.errors import ConfigurationError

Which = Literal["coldkey", "hotkey"]


@dataclass(frozen=True)
class KeyShown:
    """A key on disk.

    Attributes:
        name: of the hotkey, or "coldkey".
        address: ss58 address; None when neither key nor public part can be read.
        state: ``encrypted``, ``plain``, or ``public`` when only the public part is here.
    """

    name: str
    address: str | None
    state: str


@dataclass(frozen=True)
class WalletShown:
    """A wallet on disk.

    Attributes:
        name: of the wallet.
        coldkey: owns and pays.
        hotkeys: sign for a neuron each.
    """

    name: str
    coldkey: KeyShown
    hotkeys: tuple[KeyShown, ...]

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


def new_wallet(
    path: Path, name: str, hotkey: str, *, password: str | None, on_mnemonic: Callable[[Which, str], None] | None = None
) -> WalletShown:
    """Make the keys of a wallet that are missing; those that are there stay.

    Args:
        path: folder of wallets.
        name: wallet name.
        hotkey: hotkey name.
        password: encrypts the coldkey; None leaves it in the clear, which suits local networks only. A hotkey is never
            encrypted: a daemon cannot be asked.
        on_mnemonic: takes the words of each key made; None lets nobody see them.

    Raises:
        ConfigurationError: both keys are there already, or the folder cannot be written.
    """
    _named(name, hotkey)
    wallet = Wallet(name, hotkey, str(path))
    missing = [which for which in _WHICH if not _file(wallet, which).exists_on_device()]
    if not missing:
        raise ConfigurationError(
            f"wallet {name!r} with hotkey {hotkey!r} is in {path} already",
            remedy="Choose another name, or look at it: veristake wallet show.",
        )

    def make() -> None:
        for which in missing:
            # a callback, even if it looks away, keeps the SDK from printing the words
            seen = partial(on_mnemonic or _look_away, which)
            if which == "coldkey":
                wallet.create_new_coldkey(
                    use_password=password is not None, coldkey_password=password, on_mnemonic=seen
                )
            else:
                wallet.create_new_hotkey(use_password=False, on_mnemonic=seen)

    _written(path, name, make)
    return show_wallet(path, name)


def import_key(path: Path, name: str, hotkey: str, which: Which, mnemonic: str, *, password: str | None) -> WalletShown:
    """Restore a key from its words.

    Args:
        path: folder of wallets.
        name: wallet name.
        hotkey: hotkey name.
        which: key to restore.
        mnemonic: its words.
        password: encrypts a coldkey; None leaves it in the clear.

    Raises:
        ConfigurationError: the key is there already, the words are none of a key, or the folder cannot be written.
    """
    _named(name, hotkey)
    wallet = Wallet(name, hotkey, str(path))
    if _file(wallet, which).exists_on_device():
        raise ConfigurationError(
            f"the {which} of wallet {name!r} is in {path} already", remedy="Choose another name; nothing is replaced."
        )

    def restore() -> None:
        words = " ".join(mnemonic.split())
        try:
            if which == "coldkey":
                wallet.regenerate_coldkey(
                    mnemonic=words, use_password=password is not None, coldkey_password=password, suppress=True
                )
            else:
                wallet.regenerate_hotkey(mnemonic=words, use_password=False, suppress=True)
        except ValueError:
            # without the SDK's words and cause, which may quote the mnemonic
            raise ConfigurationError(
                "the mnemonic is not one", remedy="Give its 12 to 24 words in order, with spaces between."
            ) from None

    _written(path, name, restore)
    return show_wallet(path, name)


def show_wallets(path: Path) -> tuple[WalletShown, ...]:
    """All wallets in a folder, by name; none when there is no folder."""
    return tuple(show_wallet(path, name) for name in sorted(wallets.list_wallets(str(path)))) if path.is_dir() else ()


def show_wallet(path: Path, name: str) -> WalletShown:
    """One wallet's addresses, read from the public files; no key is opened."""
    wallet = Wallet(name, "default", str(path))
    hotkeys = []
    for hotkey in sorted(wallets.list_wallets(str(path)).get(name, [])):
        held = Wallet(name, hotkey, str(path))
        hotkeys.append(_shown(hotkey, held.hotkey_file, held.hotkeypub_file))
    return WalletShown(name, _shown("coldkey", wallet.coldkey_file, wallet.coldkeypub_file), tuple(hotkeys))


_WHICH: tuple[Which, ...] = ("coldkey", "hotkey")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def _look_away(_which: Which, _words: str) -> None:
    """Takes the words of a new key and does nothing with them."""


def _named(name: str, hotkey: str) -> None:
    for what, value in (("wallet", name), ("hotkey", hotkey)):
        if not _NAME.fullmatch(value):
            raise ConfigurationError(
                f"{what} name {value!r} is no name of a file", remedy="Use letters, digits, dots, dashes, underscores."
            )


def _file(wallet: Wallet, which: Which) -> Keyfile:
    return wallet.coldkey_file if which == "coldkey" else wallet.hotkey_file


def _shown(name: str, file: Keyfile, public: Keyfile) -> KeyShown:
    state = "public"
    if file.exists_on_device():
        state = "encrypted" if file.is_encrypted() else "plain"
    for readable in (public, file) if state == "plain" else (public,):
        try:
            return KeyShown(name, readable.get_keypair().ss58_address, state)
        except (KeyfileError, OSError, ValueError):
            continue
    return KeyShown(name, None, state)


def _written(path: Path, name: str, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise ConfigurationError(
            f"wallet {name!r} cannot be written in {path}: {error.strerror or error}",
            remedy="Choose a wallet path that you may write to.",
        ) from error
