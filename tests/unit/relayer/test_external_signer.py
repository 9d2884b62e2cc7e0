"""From a signing service's answer to an Ethereum signature."""

import hypothesis.strategies as st
import pytest
from eth_account import Account
from eth_keys import keys
from eth_utils.crypto import keccak
from hypothesis import given, settings

from relayer.external_signer import (
    SECP256K1_N,
    ExternalSigner,
    SigningError,
    ethereum_signature,
    parse_public_key,
    parse_signature,
)

SPKI_PREFIX = bytes.fromhex("3056301006072a8648ce3d020106052b8104000a034200")
KEYS = st.integers(1, SECP256K1_N - 1).map(lambda n: keys.PrivateKey(n.to_bytes(32, "big")))
DIGESTS = st.binary(min_size=32, max_size=32)
FEES = {"maxFeePerGas": 2, "maxPriorityFeePerGas": 1}
TO = "0x" + "00" * 19 + "01"


def der_integer(value: int) -> bytes:
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(content)]) + content


def der(r: int, s: int) -> bytes:
    content = der_integer(r) + der_integer(s)
    return b"\x30" + bytes([len(content)]) + content


def public_key_der(key: keys.PrivateKey) -> bytes:
    return SPKI_PREFIX + b"\x04" + key.public_key.to_bytes()


class Paper:
    """A signing service in memory, that gives the high s when it is told to."""

    def __init__(self, key: keys.PrivateKey, *, high: bool = False, signs_with: keys.PrivateKey | None = None) -> None:
        self.public_key = parse_public_key(public_key_der(key))
        self._key, self._high = signs_with or key, high

    def sign_digest(self, digest: bytes) -> bytes:
        made = self._key.sign_msg_hash(digest)
        return der(made.r, SECP256K1_N - made.s if self._high else made.s)


@settings(max_examples=30, deadline=None)
@given(KEYS, DIGESTS, st.booleans())
def test_ethereum_signature_is_low_and_recovers_the_key(key: keys.PrivateKey, digest: bytes, high: bool) -> None:
    parity, r, s = ethereum_signature(digest, Paper(key, high=high).sign_digest(digest), key.public_key)
    assert 0 < s <= SECP256K1_N // 2
    assert keys.Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(digest) == key.public_key


@settings(max_examples=20, deadline=None)
@given(KEYS, st.sampled_from([{"type": 2, **FEES}, {"gasPrice": 5}]), st.booleans(), st.integers(1, 2**40))
def test_sign_gives_a_transaction_of_the_key(
    key: keys.PrivateKey, fees: dict[str, int], high: bool, chain_id: int
) -> None:
    signer = ExternalSigner(Paper(key, high=high))
    fields = {"chainId": chain_id, "nonce": 3, "to": TO, "value": 0, "data": "0x1234", "gas": 21000, **fees}
    signed = signer.sign(fields)
    assert Account.recover_transaction(signed.raw) == signer.address == key.public_key.to_checksum_address()
    assert signed.hash == "0x" + keccak(signed.raw).hex()
    local = Account.from_key(key.to_bytes()).sign_transaction(fields)
    assert signed.raw == bytes(local.raw_transaction)


def test_sign_by_another_key_is_never_used() -> None:
    mine, other = keys.PrivateKey(b"\x01" * 32), keys.PrivateKey(b"\x02" * 32)
    with pytest.raises(SigningError, match=mine.public_key.to_checksum_address()):
        ethereum_signature(b"\x03" * 32, Paper(mine, signs_with=other).sign_digest(b"\x03" * 32), mine.public_key)


@given(st.binary(max_size=80))
def test_parse_signature_whatever_comes_is_a_signature_or_refused(content: bytes) -> None:
    try:
        r, s = parse_signature(content)
    except SigningError:
        return
    assert 0 < r < SECP256K1_N
    assert 0 < s < SECP256K1_N


@pytest.mark.parametrize(
    "content",
    [der(0, 1), der(1, 0), der(SECP256K1_N, 1), der(1, SECP256K1_N), der(1, 1) + b"\x00", der(1, 1)[:-1], b""],
)
def test_parse_signature_out_of_range_or_malformed_is_refused(content: bytes) -> None:
    with pytest.raises(SigningError):
        parse_signature(content)


@given(st.binary(max_size=100))
def test_parse_public_key_whatever_comes_is_a_key_or_refused(content: bytes) -> None:
    try:
        parse_public_key(content)
    except SigningError:
        return


def test_repr_shows_the_address_only() -> None:
    key = keys.PrivateKey(b"\x01" * 32)
    assert repr(ExternalSigner(Paper(key))) == f"ExternalSigner({key.public_key.to_checksum_address()})"
