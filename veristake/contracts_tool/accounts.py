"""The account that sends transactions: Ape's test accounts, Ape's own keystores, or a keystore anywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from statements.errors import ConfigurationError
from veristake.contracts_tool.account_plan import AccountPlan

if TYPE_CHECKING:
    from ape.api import AccountAPI

_APE_ACCOUNTS = Path(".ape") / "accounts"


def open_account(plan: AccountPlan) -> AccountAPI:
    """The account that a plan names.

    Raises:
        ConfigurationError: a file or variable is missing, or the passphrase does not open the keystore.
    """
    import ape

    if plan.test_index is not None:
        return ape.accounts.test_accounts[plan.test_index]
    from ape_accounts.accounts import ApeSigner

    return ApeSigner(private_key="0x" + _key(_keystore(plan), _passphrase(plan)).hex())


def _keystore(plan: AccountPlan) -> Path:
    if plan.keystore is not None:
        return plan.keystore
    # Ape's own folder: this project's data folder lies in build/, which is no place for keys
    return Path.home() / _APE_ACCOUNTS / f"{plan.alias}.json"


def _passphrase(plan: AccountPlan) -> str:
    if plan.password_variable is not None:
        value = os.environ.get(plan.password_variable)
        if value is None:
            raise ConfigurationError(
                f"account.password_variable: {plan.password_variable} is not set", remedy="Export it, or name a file"
            )
        return value
    if plan.password_file is None:
        raise AssertionError("the plan has been checked: one of them is given")
    return (_text(plan.password_file).splitlines() or [""])[0]


def _key(path: Path, passphrase: str) -> bytes:
    from eth_account import Account

    try:
        keystore = json.loads(_text(path))
    except ValueError as error:
        raise ConfigurationError(
            f"account.keystore {path} is not JSON", remedy="Give a V3 keystore, as 'ape accounts generate' writes it"
        ) from error
    try:
        return bytes(Account.decrypt(keystore, passphrase))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"account.keystore {path} does not open", remedy="Check that the passphrase given is this keystore's"
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"account file {path} cannot be read",
            remedy="Correct the account's keystore, alias or password_file; 'ape accounts list' shows aliases",
        ) from error
