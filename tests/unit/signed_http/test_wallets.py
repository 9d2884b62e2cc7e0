from __future__ import annotations

from pathlib import Path

import pytest

from signed_http.wallets import hotkey_of, open_or_create, open_wallet
from statements.errors import ConfigurationError


def test_open_or_create_missing_wallet_makes_private_key_files(tmp_path: Path) -> None:
    wallet = open_or_create(tmp_path, "miner")
    files = [file for file in (tmp_path / "miner").rglob("*") if file.is_file()]
    assert len(files) == 4
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert hotkey_of(wallet).ss58_address.startswith("5")


def test_open_or_create_existing_wallet_keeps_keys(tmp_path: Path) -> None:
    first = hotkey_of(open_or_create(tmp_path, "miner")).ss58_address
    assert hotkey_of(open_or_create(tmp_path, "miner")).ss58_address == first
    assert hotkey_of(open_wallet(tmp_path, "miner")).ss58_address == first


def test_open_or_create_prints_no_mnemonic(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    open_or_create(tmp_path, "miner")
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_open_or_create_folder_is_a_file_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be made"):
        open_or_create(tmp_path / "file", "miner")


def test_open_wallet_missing_names_hotkey(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no hotkey 'second'"):
        open_wallet(tmp_path, "miner", "second")


def test_open_wallet_garbage_file_is_configuration_error(tmp_path: Path) -> None:
    open_or_create(tmp_path, "miner")
    (tmp_path / "miner" / "hotkeys" / "default").write_text("{}")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        open_wallet(tmp_path, "miner")


def test_open_wallet_encrypted_hotkey_is_refused_without_asking(tmp_path: Path) -> None:
    wallet = open_or_create(tmp_path, "miner")
    wallet.create_new_hotkey(hotkey_password="secret", use_password=True, suppress=True, overwrite=True)
    with pytest.raises(ConfigurationError, match="encrypted"):
        open_wallet(tmp_path, "miner")


def test_open_wallet_ed25519_hotkey_is_refused(tmp_path: Path) -> None:
    wallet = open_or_create(tmp_path, "miner")
    wallet.create_new_hotkey(crypto_type=0, suppress=True, overwrite=True)
    with pytest.raises(ConfigurationError, match="sr25519"):
        open_wallet(tmp_path, "miner")
