"""A secp256k1 key in AWS KMS. The only module that needs boto3: ``pip install 'veristake[kms]'``."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from eth_keys.datatypes import PublicKey

from relayer.external_signer import SigningError, parse_public_key

_TRIES, _CONNECT_SECONDS, _READ_SECONDS = 3, 5, 5


class KmsKey:
    """One key of AWS KMS; credentials come from where boto3 looks for them, never from our settings.

    Args:
        key_id: id, ARN or alias of an ECC_SECG_P256K1 key for SIGN_VERIFY.
        region: AWS region; None: as boto3 finds it.
        endpoint: URL of another service with the same API; None: AWS.
    """

    def __init__(self, key_id: str, *, region: str | None = None, endpoint: str | None = None) -> None:
        self._key_id = key_id
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"total_max_attempts": _TRIES, "mode": "standard"},
        )
        self._client: Any = boto3.client("kms", region_name=region, endpoint_url=endpoint, config=config)

    @cached_property
    def public_key(self) -> PublicKey:
        """Of the key, asked once.

        Raises:
            SigningError: KMS does not give it, or it is of another curve.
        """
        answer = self._ask("get_public_key", KeyId=self._key_id)
        return parse_public_key(answer["PublicKey"])

    def sign_digest(self, digest: bytes) -> bytes:
        """ECDSA signature of 32 bytes, DER.

        Raises:
            SigningError: KMS does not sign.
        """
        answer = self._ask(
            "sign", KeyId=self._key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
        )
        return bytes(answer["Signature"])

    def _ask(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(**arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise SigningError(
                f"AWS KMS refuses {operation} with {self._key_id}: {code}",
                remedy="Check the key's id, its policy (kms:Sign, kms:GetPublicKey), and the credentials",
            ) from None
        except BotoCoreError as error:
            # boto's words may hold the request, which the log must not
            raise SigningError(
                f"AWS KMS does not answer {operation}: {type(error).__name__}",
                remedy="Check region, network and credentials; the job goes on by itself",
            ) from None
