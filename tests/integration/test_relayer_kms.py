"""A key that never leaves AWS KMS, with the real client library against a stand-in of its API."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_keys import keys

from relayer.external_signer import SigningError
from relayer.settings import ChainSettings, KmsSettings
from relayer.signers import open_signer
from tests.integration.kms_stand_in import KmsStandIn, kms_stand_in

KEY = keys.PrivateKey(b"\x45" * 32)
FIELDS = {"type": 2, "chainId": 1, "nonce": 0, "to": "0x" + "00" * 20, "value": 0, "data": "0x", "gas": 21000}
FEES = {"maxFeePerGas": 2, "maxPriorityFeePerGas": 1}


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[KmsStandIn]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "for-tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for-tests")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with kms_stand_in(KmsStandIn(KEY)) as made:
        yield made


def chain_settings(stand: KmsStandIn, key_id: str = "alias/relayer") -> ChainSettings:
    return ChainSettings(
        name="home",
        chain_id=1,
        endpoints=("http://127.0.0.1:8545",),
        risk_feed="0x" + "00" * 19 + "01",
        kms=KmsSettings(key_id=key_id, region="eu-west-1", endpoint=stand.url),
    )


def test_open_signer_kms_signs_transactions_of_its_address(stand: KmsStandIn) -> None:
    signer = open_signer(chain_settings(stand))
    assert signer.address == KEY.public_key.to_checksum_address()
    for nonce in range(4):
        signed = signer.sign({**FIELDS, **FEES, "nonce": nonce})
        assert Account.recover_transaction(signed.raw) == signer.address
    assert stand.asked == ["TrentService.GetPublicKey"] + ["TrentService.Sign"] * 4


def test_open_signer_unknown_key_names_it(stand: KmsStandIn) -> None:
    with pytest.raises(SigningError, match=r"refuses get_public_key with alias/other: NotFoundException"):
        open_signer(chain_settings(stand, "alias/other"))


def test_sign_refused_by_kms_is_one_clear_error(stand: KmsStandIn) -> None:
    signer = open_signer(chain_settings(stand))
    stand.failure = (400, "AccessDeniedException")
    with pytest.raises(SigningError, match="refuses sign with alias/relayer: AccessDeniedException") as caught:
        signer.sign({**FIELDS, **FEES})
    assert "for-tests" not in str(caught.value)


def test_open_signer_kms_away_says_so(stand: KmsStandIn) -> None:
    settings = chain_settings(stand)
    away = settings.model_copy(
        update={"kms": KmsSettings(key_id="alias/relayer", region="eu-west-1", endpoint="http://127.0.0.1:9")}
    )
    with pytest.raises(SigningError, match="does not answer get_public_key"):
        open_signer(away)


@pytest.mark.parametrize("changes", [{"kms": None}, {"keystore": Path("k"), "password_file": Path("p")}])
def test_settings_neither_or_both_keys_are_refused(stand: KmsStandIn, changes: dict[str, object]) -> None:
    content = chain_settings(stand).model_dump() | changes
    with pytest.raises(ValueError, match="give keystore and password_file, or kms"):
        ChainSettings.model_validate(content)
