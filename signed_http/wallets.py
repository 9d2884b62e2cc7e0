"""Bittensor wallets on disk, opened without asking anything at the terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol, cast

from bittensor import sp_core
from bittensor.wallet import Wallet
from bittensor.wallets import signing_keypair

from statements.errors import ConfigurationError


class HotkeyKeypair(Protocol):
    """What signs requests and answers: the hotkey's keypair, held in memory.

    Signing through the Wallet re-reads the key file each time, which costs thirty times as much.
    """

    @property
    def ss58_address(self) -> str:
        """Address of the hotkey."""

    @property
    def crypto_type(self) -> int:
        """0 for ed25519, 1 for sr25519."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""

    def sign(self, payload: bytes, /) -> bytes:
        """Signature over the payload, 64 bytes."""


def open_or_create(path: Path, name: str, hotkey: str = "default") -> Wallet:
    """Open a wallet, making the keys that are missing, unencrypted.

    Made for local networks. Keys that hold value are made with ``veristake wallet new``.

    Args:
        path: folder of wallets.
        name: wallet (coldkey) name.
        hotkey: hotkey name.

    Raises:
        ConfigurationError: the folder cannot be written, or an existing hotkey cannot be read.
    """
    wallet = Wallet(name, hotkey, str(path))
    try:
        if not wallet.coldkey_file.exists_on_device():
            wallet.create_new_coldkey(use_password=False, suppress=True)
        if not wallet.hotkey_file.exists_on_device():
            wallet.create_new_hotkey(use_password=False, suppress=True)
    except OSError as error:
        raise ConfigurationError(
            f"wallet {name!r} cannot be made in {path}: {error.strerror or error}",
            remedy="Choose a wallet path that you may write to.",
        ) from error
    return open_wallet(path, name, hotkey)


def open_wallet(path: Path, name: str, hotkey: str = "default") -> Wallet:
    """Open an existing wallet and load its hotkey.

    Args:
        path: folder of wallets.
        name: wallet (coldkey) name.
        hotkey: hotkey name.

    Raises:
        ConfigurationError: the hotkey is missing, encrypted, unreadable, or not an sr25519 key.
    """
    wallet = Wallet(name, hotkey, str(path))
    file = wallet.hotkey_file
    if not file.exists_on_device():
        raise ConfigurationError(
            f"wallet {name!r} has no hotkey {hotkey!r} in {path}",
            remedy="Correct wallet.path, wallet.name, wallet.hotkey, or run `veristake wallet new`.",
        )
    if file.is_encrypted():
        raise ConfigurationError(
            f"hotkey {hotkey!r} of wallet {name!r} is encrypted, and a daemon cannot ask for its password",
            remedy="Use an unencrypted hotkey in a folder that only the daemon's user may read.",
        )
    try:
        keypair = wallet.hotkey
    except (sp_core.KeyfileError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"hotkey {hotkey!r} of wallet {name!r} cannot be read: {error}",
            remedy="Restore the key file, or make a new hotkey.",
        ) from error
    if keypair.crypto_type != sp_core.CRYPTO_SR25519:
        raise ConfigurationError(
            f"hotkey {hotkey!r} of wallet {name!r} is not an sr25519 key",
            remedy="Make an sr25519 hotkey: answers are signed with sr25519.",
        )
    return wallet


def coldkey_address(wallet: Wallet) -> str:
    """Address of the coldkey, from its public file: nothing is unlocked.

    Raises:
        ConfigurationError: the file is missing or unreadable.
    """
    try:
        address: str = wallet.coldkeypub.ss58_address
    except (sp_core.KeyfileError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"wallet {wallet.name!r} has no readable coldkeypub.txt: {error}",
            remedy="Copy coldkeypub.txt from where the coldkey is; it is no secret.",
        ) from error
    return address


def unlock_coldkey(wallet: Wallet) -> HotkeyKeypair:
    """The coldkey's keypair, in memory: its password comes from the environment's file, or is asked for at a terminal.

    Raises:
        ConfigurationError: it is not on this machine, or cannot be unlocked.
    """
    file = wallet.coldkey_file
    if not file.exists_on_device():
        raise ConfigurationError(
            f"wallet {wallet.name!r} has no coldkey on this machine", remedy="Do this where the coldkey is."
        )
    given = any(os.getenv(name) for name in ("BT_WALLET_PASSWORD", "BT_WALLET_PASSWORD_FILE"))
    if file.is_encrypted() and not given and not sys.stdin.isatty():
        raise ConfigurationError(
            f"the coldkey of wallet {wallet.name!r} is encrypted, and there is no terminal to ask for its password",
            remedy="Name a file with the password in BT_WALLET_PASSWORD_FILE.",
        )
    try:
        return cast(HotkeyKeypair, signing_keypair(wallet, "coldkey"))
    except (sp_core.KeyfileError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"the coldkey of wallet {wallet.name!r} cannot be unlocked: {error}", remedy="Give its password."
        ) from error


def hotkey_of(wallet: Wallet) -> HotkeyKeypair:
    """The wallet's hotkey, read from disk once."""
    return cast(HotkeyKeypair, wallet.hotkey)
