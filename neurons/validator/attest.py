"""Signs the home chain's inputs for other chains (EIP-712), with an EVM key from a V3 keystore."""

from __future__ import annotations

import json

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from neurons.home_chain import Reading
from neurons.validator.settings import AttestationSettings
from statements.attestation import InputAttestation, SignedAttestation
from statements.errors import ConfigurationError
from statements.subject import Subject


class Attester:
    """Attests for the destinations of its settings.

    Args:
        settings: keystore, password file, lifetime and destinations.

    Raises:
        ConfigurationError: keystore or password file are missing, malformed, or do not belong together.
    """

    def __init__(self, settings: AttestationSettings) -> None:
        self._settings = settings
        self._account = _open_account(settings)

    @property
    def address(self) -> str:
        """EVM address that attests."""
        return str(self._account.address)

    def attest(self, subject: Subject, reading: Reading) -> tuple[SignedAttestation, ...]:
        """One attestation per destination.

        Args:
            subject: what the inputs belong to.
            reading: the inputs, and the home block from whose time the lifetime counts: destinations compare the
                expiry with block time, not with this machine's clock.
        """
        signed = []
        for destination in self._settings.destinations:
            attestation = InputAttestation(
                destination_chain_id=destination.chain_id,
                destination=destination.contract,
                home_chain_id=subject.home_chain_id,
                observer=subject.observer,
                home_block_hash=reading.block_hash,
                asset=subject.asset,
                epoch=subject.epoch,
                config_version=subject.config_version,
                observed_at=reading.observed_at,
                expiry=reading.block_time + self._settings.lifetime_seconds,
                features_hash=reading.features_hash,
                inputs=reading.inputs,
            )
            message = encode_typed_data(full_message=attestation.typed_data())
            signature = bytes(self._account.sign_message(message).signature)
            signed.append(
                SignedAttestation(attestation=attestation, signer=self.address, signature="0x" + signature.hex())
            )
        return tuple(signed)


def _open_account(settings: AttestationSettings) -> LocalAccount:
    try:
        keystore = json.loads(settings.keystore.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"attestation.keystore {settings.keystore} cannot be read: {error}",
            remedy="Give a V3 keystore file, as `cast wallet import` or geth writes it.",
        ) from error
    try:
        password = settings.password_file.read_text().rstrip("\r\n")
    except OSError as error:
        raise ConfigurationError(
            f"attestation.password_file {settings.password_file} cannot be read: {error}",
            remedy="Write the keystore's password into that file.",
        ) from error
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(keystore, password))
    except (ValueError, TypeError, KeyError, NotImplementedError) as error:
        raise ConfigurationError(
            f"attestation.keystore {settings.keystore} does not open: {error}",
            remedy="Check that attestation.password_file holds its password.",
        ) from error
    return account
