from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from neurons.validator.attest import Attester
from neurons.validator.settings import AttestationSettings, DestinationSettings
from statements.errors import ConfigurationError
from tests.unit.neurons.parts import ADDRESS, INPUTS, make_reading, make_subject

KEY = "0x" + "11" * 32


@pytest.fixture
def settings(tmp_path: Path) -> AttestationSettings:
    (tmp_path / "keystore").write_text(json.dumps(Account.encrypt(KEY, "secret", iterations=2)))
    (tmp_path / "password").write_text("secret\r\n")
    return AttestationSettings(
        keystore=tmp_path / "keystore",
        password_file=tmp_path / "password",
        lifetime_seconds=60,
        destinations=(
            DestinationSettings(chain_id=31338, contract=ADDRESS),
            DestinationSettings(chain_id=31339, contract=ADDRESS),
        ),
    )


def test_attest_each_destination_gets_a_signature_that_recovers(settings: AttestationSettings) -> None:
    attester = Attester(settings)
    assert attester.address == Account.from_key(KEY).address
    signed = attester.attest(make_subject(), make_reading())
    assert [item.attestation.destination_chain_id for item in signed] == [31338, 31339]
    for item in signed:
        assert item.attestation.inputs == INPUTS
        assert item.attestation.expiry == make_reading().block_time + 60
        message = encode_typed_data(full_message=item.attestation.typed_data())
        assert Account.recover_message(message, signature=item.signature) == attester.address == item.signer
    assert signed[0].signature != signed[1].signature


def test_attester_wrong_password_is_named_without_the_password(settings: AttestationSettings) -> None:
    settings.password_file.write_text("wrong-word")
    with pytest.raises(ConfigurationError, match="does not open") as caught:
        Attester(settings)
    assert "wrong-word" not in str(caught.value)


@pytest.mark.parametrize("content", ["not json", "{}"])
def test_attester_malformed_keystore_is_named(settings: AttestationSettings, content: str) -> None:
    settings.keystore.write_text(content)
    with pytest.raises(ConfigurationError, match=r"attestation\.keystore"):
        Attester(settings)


@pytest.mark.parametrize("field", ["keystore", "password_file"])
def test_attester_missing_file_is_named(settings: AttestationSettings, field: str) -> None:
    getattr(settings, field).unlink()
    with pytest.raises(ConfigurationError, match=field):
        Attester(settings)
