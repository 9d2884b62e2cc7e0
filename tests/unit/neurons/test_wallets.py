from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bittensor.keyfiles import Keypair
from bittensor.wallet import Wallet
from click.testing import CliRunner, Result

from neurons.wallet_commands import wallet
from statements.errors import ConfigurationError

# the development mnemonic that every Substrate chain documents
WORDS = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"


def invoke(*arguments: str | Path, text: str | None = None) -> Result:
    return CliRunner().invoke(wallet, [*map(str, arguments)], input=text)


def made(tmp_path: Path, *arguments: str | Path, text: str | None = None) -> Any:
    result = invoke("new", "--path", tmp_path, "--name", "one", "--json", *arguments, text=text)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_new_makes_both_keys_and_shows_no_words(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shown = made(tmp_path, "--no-password")
    assert set(shown) == {"name", "coldkey", "hotkeys"}
    on_disk = Wallet("one", "default", str(tmp_path))
    assert shown["coldkey"] == {"name": "coldkey", "address": on_disk.coldkey.ss58_address, "state": "plain"}
    assert shown["hotkeys"][0]["address"] == on_disk.hotkey.ss58_address
    assert "nemonic" not in capfd.readouterr().out
    for file in (on_disk.coldkey_file, on_disk.hotkey_file):
        assert Path(file.path).stat().st_mode & 0o077 == 0


def test_new_prints_no_words_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Keypair, "generate_mnemonic", staticmethod(lambda _words: WORDS))
    quiet = invoke("new", "--path", tmp_path, "--name", "quiet", "--no-password")
    assert quiet.exit_code == 0
    assert "bottom" not in quiet.output
    told = invoke("new", "--path", tmp_path, "--name", "told", "--no-password", "--show-mnemonic")
    assert told.output.count(WORDS) == 2


def test_new_asks_for_a_password_and_shows_it_nowhere(tmp_path: Path) -> None:
    result = invoke("new", "--path", tmp_path, "--name", "one", text="horse\nhorse\n")
    assert result.exit_code == 0
    assert "horse" not in result.output
    on_disk = Wallet("one", "default", str(tmp_path))
    assert (on_disk.coldkey_file.is_encrypted(), on_disk.hotkey_file.is_encrypted()) == (True, False)


def test_new_second_hotkey_leaves_the_coldkey(tmp_path: Path) -> None:
    first = made(tmp_path, "--no-password")
    second = made(tmp_path, "--no-password", "--hotkey", "other")
    assert second["coldkey"] == first["coldkey"]
    assert [key["name"] for key in second["hotkeys"]] == ["default", "other"]
    with pytest.raises(ConfigurationError, match="already"):
        raise invoke("new", "--path", tmp_path, "--name", "one", "--no-password").exception or AssertionError


@pytest.mark.parametrize("which", ["coldkey", "hotkey"])
def test_import_restores_the_key_of_the_words_and_replaces_nothing(tmp_path: Path, which: str) -> None:
    arguments = ("import", "--path", tmp_path, "--name", "one", "--key", which, "--no-password", "--mnemonic-file", "-")
    result = invoke(*arguments, text=WORDS.replace(" ", "  ") + "\n")
    assert result.exit_code == 0, result.output
    assert "bottom" not in result.output
    address = Keypair.create_from_mnemonic(WORDS).ss58_address
    assert address in result.output
    again = invoke(*arguments, text=WORDS)
    assert isinstance(again.exception, ConfigurationError)
    assert "already" in str(again.exception)


def test_import_words_of_no_key_are_not_repeated(tmp_path: Path) -> None:
    result = invoke("import", "--path", tmp_path, "--name", "one", "--no-password", text="secret words\n")
    assert isinstance(result.exception, ConfigurationError)
    assert "secret" not in str(result.exception) + result.output
    assert result.exception.__cause__ is None
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize("name", ["../one", "a/b", "", ".hidden"])
def test_new_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    result = invoke("new", "--path", tmp_path / "wallets", "--name", name, "--no-password")
    assert isinstance(result.exception, ConfigurationError)
    assert not (tmp_path / "wallets").exists()


def test_show_lists_all_or_one_without_opening_keys(tmp_path: Path) -> None:
    assert "no wallets" in invoke("show", "--path", tmp_path / "none").output
    made(tmp_path, "--no-password")
    invoke("import", "--path", tmp_path, "--name", "two", "--no-password", "--mnemonic-file", "-", text=WORDS)
    (tmp_path / "two" / "coldkey").unlink()
    listed = json.loads(invoke("show", "--path", tmp_path, "--json").output)
    assert [(shown["name"], shown["coldkey"]["state"]) for shown in listed] == [("one", "plain"), ("two", "public")]
    assert listed[1]["coldkey"]["address"] == Keypair.create_from_mnemonic(WORDS).ss58_address
    assert "one" not in invoke("show", "--path", tmp_path, "--name", "two").output
    missing = invoke("show", "--path", tmp_path, "--name", "three")
    assert isinstance(missing.exception, ConfigurationError)


def test_new_empty_password_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    arguments = ("new", "--path", tmp_path / "wallets", "--name", "one", "--password-file", tmp_path / "password")
    for more, said in (((), "is empty"), (("--no-password",), "were both given")):
        result = invoke(*arguments, *more)
        assert isinstance(result.exception, ConfigurationError)
        assert said in str(result.exception)
    assert not (tmp_path / "wallets").exists()
