"""Wallets and keys made for the occasion, in build/demo: worth nothing, kept nowhere else."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account

from signed_http.wallets import open_or_create

_FEW_ITERATIONS = 4096
"""Of the key derivation: the key is worth nothing and the demo should not wait for it."""


@dataclass(frozen=True)
class EvmKey:
    """An EVM account in a keystore file.

    Attributes:
        address: its address.
        keystore: V3 keystore.
        password_file: file with its password.
    """

    address: str
    keystore: Path
    password_file: Path


@dataclass(frozen=True)
class Wallet:
    """A Bittensor wallet.

    Attributes:
        path: folder of wallets.
        name: wallet name.
        hotkey: ss58 address of its hotkey.
    """

    path: Path
    name: str
    hotkey: str


def make_evm_key(folder: Path, name: str) -> EvmKey:
    """A new account in a V3 keystore with a random password."""
    folder.mkdir(parents=True, exist_ok=True)
    account, password = Account.create(), secrets.token_hex(16)
    keystore, password_file = folder / f"{name}.json", folder / f"{name}.password"
    encrypted = Account.encrypt(account.key, password, kdf="pbkdf2", iterations=_FEW_ITERATIONS)
    for path, content in ((keystore, json.dumps(encrypted)), (password_file, password + "\n")):
        path.touch(mode=0o600)
        path.write_text(content, "utf-8")
    return EvmKey(account.address, keystore, password_file)


def make_wallet(folder: Path, name: str) -> Wallet:
    """A new wallet."""
    wallet = open_or_create(folder, name)
    return Wallet(folder, name, str(wallet.hotkey.ss58_address))
