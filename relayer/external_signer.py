"""Signing with a key that never leaves its service: what all such services have in common.

A service answers with an ECDSA signature in DER, without the recovery id and with any s; Ethereum wants r, a low s
(EIP-2) and the parity of the point (EIP-2718 envelopes). Both are made here and checked: a signature from which the
service's address is not recovered is never used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from eth_account._utils.legacy_transactions import encode_transaction, serializable_unsigned_transaction_from_dict
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_keys.datatypes import PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from relayer.keys import SignedTransaction
from statements.errors import VeristakeError

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of the curve's group (SEC 2, 2.4.1)."""
_INTEGER, _SEQUENCE, _BIT_STRING = 0x02, 0x30, 0x03


class SigningError(VeristakeError):
    """The signing service does not answer, or answers with something that is not a signature of its key."""


class DigestSigner(Protocol):
    """A service that signs digests with one secp256k1 key."""

    @property
    def public_key(self) -> PublicKey:
        """Of the key."""

    def sign_digest(self, digest: bytes) -> bytes:
        """ECDSA signature of 32 bytes, DER.

        Raises:
            SigningError: the service does not sign.
        """


@dataclass(frozen=True)
class _Element:
    """One DER element.

    Attributes:
        tag: its type.
        content: its bytes.
        rest: what follows it.
    """

    tag: int
    content: bytes
    rest: bytes


def _element(data: bytes) -> _Element:
    if len(data) < 2:
        raise SigningError("the answer of the signing service ends within a DER element")
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < start + length:
        raise SigningError("the answer of the signing service ends within a DER element")
    return _Element(data[0], data[start : start + length], data[start + length :])


def parse_signature(der: bytes) -> tuple[int, int]:
    """R and s of an ECDSA-Sig-Value (RFC 3279, 2.2.3), as they are.

    Raises:
        SigningError: it is not one, or r or s is not in [1, n).
    """
    outer = _element(der)
    r = _element(outer.content)
    s = _element(r.rest)
    if outer.tag != _SEQUENCE or outer.rest or r.tag != _INTEGER or s.tag != _INTEGER or s.rest:
        raise SigningError("the answer of the signing service is not an ECDSA signature in DER")
    values = (int.from_bytes(r.content, "big"), int.from_bytes(s.content, "big"))
    if not all(0 < value < SECP256K1_N for value in values):
        raise SigningError("r or s of the signing service's answer is out of range")
    return values


def parse_public_key(der: bytes) -> PublicKey:
    """The key of a SubjectPublicKeyInfo (RFC 5480) that holds an uncompressed point.

    Raises:
        SigningError: it is not one.
    """
    algorithm = _element(_element(der).content)
    point = _element(algorithm.rest)
    # a bit string begins with its number of unused bits, an uncompressed point with 4
    if point.tag != _BIT_STRING or len(point.content) != 66 or point.content[:2] != b"\x00\x04":
        raise SigningError(
            "the signing service's key is not an uncompressed secp256k1 point", remedy="Make a key of ECC_SECG_P256K1"
        )
    return PublicKey(point.content[2:])


def ethereum_signature(digest: bytes, der: bytes, public_key: PublicKey) -> tuple[int, int, int]:
    """Parity, r and low s of a service's signature.

    Raises:
        SigningError: it is not a signature of the digest by this key.
    """
    r, s = parse_signature(der)
    s = min(s, SECP256K1_N - s)
    for parity in (0, 1):
        if _recovers(digest, (parity, r, s), public_key):
            return parity, r, s
    raise SigningError(
        f"the signing service's answer is not a signature by {public_key.to_checksum_address()}",
        remedy="Check which key the settings name",
    )


def _recovers(digest: bytes, vrs: tuple[int, int, int], public_key: PublicKey) -> bool:
    try:
        return bool(Signature(vrs=vrs).recover_public_key_from_msg_hash(digest) == public_key)
    except (BadSignature, ValidationError):
        # with this parity r is not on the curve
        return False


class ExternalSigner:
    """Signs transactions of an account whose key a service holds.

    Args:
        service: signs digests.
    """

    def __init__(self, service: DigestSigner) -> None:
        self._service = service
        self._public_key = service.public_key

    def __repr__(self) -> str:
        return f"ExternalSigner({self.address})"

    @property
    def address(self) -> str:
        """Checksummed address."""
        return str(self._public_key.to_checksum_address())

    def sign(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction, given as JSON-RPC fields.

        Raises:
            SigningError: the service does not sign, or not with its key.
        """
        unsigned = serializable_unsigned_transaction_from_dict(dict(transaction))
        digest = bytes(unsigned.hash())
        parity, r, s = ethereum_signature(digest, self._service.sign_digest(digest), self._public_key)
        # EIP-155 puts the chain id into v of legacy transactions; typed ones carry the parity itself
        typed = isinstance(unsigned, TypedTransaction)
        v = parity if typed else 35 + 2 * int(transaction["chainId"]) + parity
        raw = bytes(encode_transaction(unsigned, vrs=(v, r, s)))
        return SignedTransaction(raw=raw, hash="0x" + keccak(raw).hex())
