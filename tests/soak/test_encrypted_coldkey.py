"""An encrypted coldkey, made and unlocked: deriving a key from a password takes seconds each time, by design."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bittensor.wallet import Wallet
from click.testing import CliRunner

from neurons.wallet_commands import wallet
from signed_http.wallets import coldkey_address, unlock_coldkey
from statements.errors import ConfigurationError


def test_new_password_file_encrypts_the_coldkey_which_only_that_password_unlocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    folder = tmp_path / "wallets"
    arguments = ["new", "--path", str(folder), "--name", "one", "--password-file", str(password), "--json"]
    shown = json.loads(CliRunner().invoke(wallet, arguments, catch_exceptions=False).stdout)
    assert (shown["coldkey"]["state"], shown["hotkeys"][0]["state"]) == ("encrypted", "plain")
    monkeypatch.setenv("BT_WALLET_PASSWORD_FILE", str(password))
    made = Wallet("one", "default", str(folder))
    assert unlock_coldkey(made).ss58_address == coldkey_address(made) == shown["coldkey"]["address"]
    password.write_text("wrong horse\n")
    with pytest.raises(ConfigurationError, match="cannot be unlocked") as caught:
        unlock_coldkey(Wallet("one", "default", str(folder)))
    assert "horse" not in str(caught.value)
