"""The signer that the settings name."""

from __future__ import annotations

from relayer.keys import Signer, open_keystore
from relayer.settings import ChainSettings, KmsSettings
from statements.errors import ConfigurationError


def open_signer(settings: ChainSettings) -> Signer:
    """Signer of a chain.

    Raises:
        ConfigurationError: the keystore cannot be opened, or the extra for AWS KMS is not installed.
        SigningError: AWS KMS does not give the key.
    """
    if settings.kms is not None:
        return _kms_signer(settings.kms)
    if settings.keystore is None or settings.password_file is None:
        raise ConfigurationError(f"chain {settings.name} has no key", remedy="Give keystore and password_file, or kms")
    return open_keystore(settings.keystore, settings.password_file)


def _kms_signer(settings: KmsSettings) -> Signer:
    try:
        # only those who keep a key there have boto3
        from relayer.aws_kms import KmsKey
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"kms needs the Python package {error.name}", remedy="pip install 'veristake[kms]'"
        ) from error
    from relayer.external_signer import ExternalSigner

    return ExternalSigner(KmsKey(settings.key_id, region=settings.region, endpoint=settings.endpoint))
