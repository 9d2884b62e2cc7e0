"""Keystores, and what a newcomer gets."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_account import Account

from relayer.commands import relayer
from relayer.keys import attestation_signer, create_keystore, open_keystore
from statements.errors import ConfigurationError
from tests.unit.relayer.makers import ATTESTER, attestation, inference


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "keystore.json", tmp_path / "password.txt"


def test_create_keystore_then_open_signs_for_its_address(files: tuple[Path, Path]) -> None:
    address = create_keystore(*files, iterations=2)
    signer = open_keystore(*files)
    fees = {"maxFeePerGas": 2, "maxPriorityFeePerGas": 1}
    signed = signer.sign(
        {"type": 2, "chainId": 1, "nonce": 0, "to": address, "value": 0, "data": "0x", "gas": 21000, **fees}
    )
    assert signer.address == address
    assert Account.recover_transaction(signed.raw) == address
    assert repr(signer) == f"KeystoreSigner({address})"
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_create_keystore_existing_is_never_overwritten(files: tuple[Path, Path]) -> None:
    files[0].write_text("precious")
    with pytest.raises(ConfigurationError, match="exists"):
        create_keystore(*files, iterations=2)
    assert files[0].read_text() == "precious"
    assert not files[1].exists()


def test_open_keystore_wrong_password_says_so_without_showing_it(files: tuple[Path, Path]) -> None:
    create_keystore(*files, iterations=2)
    files[1].write_text("hunter2")
    with pytest.raises(ConfigurationError, match="wrong password") as caught:
        open_keystore(*files)
    assert "hunter2" not in str(caught.value)


def test_open_keystore_password_may_end_in_a_newline(files: tuple[Path, Path]) -> None:
    address = create_keystore(*files, iterations=2)
    files[1].write_text(files[1].read_text() + "\n")
    assert open_keystore(*files).address == address


@pytest.mark.parametrize("content", ["not json", "{}", "[]"])
def test_open_keystore_malformed_is_refused(files: tuple[Path, Path], content: str) -> None:
    files[0].write_text(content)
    files[1].write_text("password")
    with pytest.raises(ConfigurationError, match="wrong format"):
        open_keystore(*files)


def test_open_keystore_missing_file_is_named(files: tuple[Path, Path]) -> None:
    with pytest.raises(ConfigurationError, match=r"keystore .*keystore\.json cannot be read"):
        open_keystore(*files)


def test_attestation_signer_recovers_the_attester() -> None:
    assert attestation_signer(attestation(inference())) == ATTESTER.address


@pytest.mark.parametrize("signature", ["0x", "0x00", "0x" + "00" * 65, "0x" + "ff" * 65])
def test_attestation_signer_malformed_signature_is_nobody(signature: str) -> None:
    signed = attestation(inference()).model_copy(update={"signature": signature})
    assert attestation_signer(signed) is None


def test_init_makes_everything_once(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    first = CliRunner().invoke(relayer, ["init", str(folder), "--json"])
    assert first.exit_code == 0, first.output
    made = json.loads(first.output)
    assert open_keystore(folder / "keystore.json", folder / "password.txt").address == made["address"]
    assert (folder / "wallets" / "relayer").is_dir()
    password = (folder / "password.txt").read_text()
    assert password not in first.output
    again = CliRunner().invoke(relayer, ["init", str(folder)])
    assert isinstance(again.exception, ConfigurationError)
    assert "exists" in str(again.exception)


def test_status_missing_settings_says_how_to_begin(tmp_path: Path) -> None:
    result = CliRunner().invoke(relayer, ["status", "--config", str(tmp_path / "none.toml"), "--json"])
    assert isinstance(result.exception, ConfigurationError)
    assert "relayer init" in str(result.exception)
