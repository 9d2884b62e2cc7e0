"""The key that pays for transactions: read from an encrypted keystore, never from a command line or the environment."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from statements.attestation import SignedAttestation
from statements.errors import ConfigurationError


@dataclass(frozen=True)
class SignedTransaction:
    """A transaction ready to send.

    Attributes:
        raw: EIP-2718 envelope.
        hash: its keccak256, 0x-hex.
    """

    raw: bytes
    hash: str


class Signer(Protocol):
    """Signs for one account; a local keystore today, an external service by the same two members."""

    @property
    def address(self) -> str:
        """Checksummed address."""

    def sign(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign an EIP-1559 transaction, given as JSON-RPC fields."""


class KeystoreSigner:
    """Signs with a key from a V3 keystore.

    Args:
        account: the decrypted account; it stays inside, and nothing here prints it.
    """

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    def __repr__(self) -> str:
        return f"KeystoreSigner({self.address})"

    @property
    def address(self) -> str:
        """Checksummed address."""
        return str(self._account.address)

    def sign(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign an EIP-1559 transaction, given as JSON-RPC fields."""
        signed = self._account.sign_transaction(dict(transaction))
        return SignedTransaction(raw=bytes(signed.raw_transaction), hash="0x" + bytes(signed.hash).hex())


def open_keystore(keystore: Path, password_file: Path) -> KeystoreSigner:
    """Decrypt a V3 keystore with the password in a file (its trailing newline is not part of it).

    Raises:
        ConfigurationError: a file is missing or malformed, or the password is wrong.
    """
    encrypted = _read(keystore, "keystore")
    password = _read(password_file, "password_file").rstrip("\r\n")
    try:
        key = Account.decrypt(json.loads(encrypted), password)
    except (ValueError, KeyError, TypeError) as error:
        # the cause is not chained: it may quote what was decrypted
        wrong = "password" if "MAC" in str(error) else "format"
        raise ConfigurationError(
            f"keystore {keystore} cannot be opened: wrong {wrong}",
            remedy=f"Check that {password_file} belongs to this V3 keystore",
        ) from None
    return KeystoreSigner(Account.from_key(key))


def create_keystore(keystore: Path, password_file: Path, *, iterations: int | None = None) -> str:
    """Make a key with a random password, readable by this user only.

    Args:
        keystore: file to write.
        password_file: file to write.
        iterations: work factor of scrypt, the library's default when None.

    Returns:
        The address of the new key.

    Raises:
        ConfigurationError: one of the files exists; a key is never overwritten.
    """
    return _encrypt(Account.create(), keystore, password_file, iterations=iterations)


def import_keystore(keystore: Path, password_file: Path, key: str, *, iterations: int | None = None) -> str:
    """Encrypt a private key with a random password, readable by this user only.

    Args:
        keystore: file to write.
        password_file: file to write.
        key: 32 bytes as hex.
        iterations: work factor of scrypt, the library's default when None.

    Returns:
        The address of the key.

    Raises:
        ConfigurationError: one of the files exists, or the key is none; it is not shown.
    """
    try:
        account = Account.from_key(bytes.fromhex(key.strip().removeprefix("0x")))
    except Exception:
        # the library raises its own; none of them is chained: they may quote the key
        raise ConfigurationError(
            "the key is not a private key", remedy="Give 32 bytes as 64 hex digits, with or without 0x"
        ) from None
    return _encrypt(account, keystore, password_file, iterations=iterations)


def _encrypt(account: LocalAccount, keystore: Path, password_file: Path, *, iterations: int | None) -> str:
    for path in (keystore, password_file):
        if path.exists():
            raise ConfigurationError(f"{path} exists", remedy="Keep it, or choose another folder")
    password = secrets.token_urlsafe(32)
    encrypted = Account.encrypt(account.key, password, iterations=iterations)
    for path, content in ((password_file, password), (keystore, json.dumps(encrypted))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(content, "utf-8")
    return str(account.address)


def attestation_signer(signed: SignedAttestation) -> str | None:
    """Address that signed an attestation (EIP-712), None when the signature is malformed."""
    message = encode_typed_data(full_message=signed.attestation.typed_data())
    try:
        return str(Account.recover_message(message, signature=bytes.fromhex(signed.signature[2:])))
    except Exception:
        # the library raises its own, ValueError and TypeError for malformed signatures
        return None


def _read(path: Path, field: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{field} {path} cannot be read: {getattr(error, 'strerror', None) or error}",
            remedy="Correct the path in the settings, or make one with veristake relayer init",
        ) from error
