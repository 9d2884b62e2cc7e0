"""Addresses and code without a chain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veristake.contracts_tool.create2 import create2_address, salt_of, without_metadata_hash
from veristake.contracts_tool.deployer import create_address
from veristake.contracts_tool.runtime_code import immutable_slots, same_code

METADATA = "a2646970667358221220{digest}64736f6c63430008250033"
WORD = bytes(32)


@pytest.mark.parametrize(
    ("creator", "salt", "code", "address"),
    [
        ("00" * 20, "00" * 32, "00", "0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38"),
        ("deadbeef" + "00" * 16, "00" * 32, "00", "0xB928f69Bb1D91Cd65274e3c79d8986362984fDA3"),
        ("00" * 16 + "deadbeef", "00" * 28 + "cafebabe", "deadbeef", "0x60f3f640a8508fC6a86d45DF051962668E1e8AC7"),
    ],
)
def test_create2_address_examples_of_eip_1014(creator, salt, code, address):
    assert create2_address(bytes.fromhex(salt), bytes.fromhex(code), "0x" + creator) == address


@pytest.mark.parametrize(
    ("nonce", "address"),
    [
        (0, "0xcd234A471b72ba2F1Ccf0A70FCABA648a5eeCD8d"),
        (1, "0x343c43A37D37dfF08AE8C4A11544c718AbB4fCF8"),
        (2, "0xf778B86FA74E846c4f0a1fBd1335FE81c00a0C91"),
        (3, "0xffFd933A0bC612844eaF0C6Fe3E5b8E9B6C1d19c"),
    ],
)
def test_create_address_known_examples(nonce, address):
    """Of the account 0x6ac7ea33…, known since go-ethereum's tests."""
    assert create_address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", nonce) == address


def test_salt_of_differs_by_release_and_name():
    assert len({salt_of("a", "b"), salt_of("a", "c"), salt_of("b", "b")}) == 3


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_without_metadata_hash_equal_for_all_hashes(digest, code):
    with_hash = code + bytes.fromhex(METADATA.format(digest=digest.hex()))
    neutral = without_metadata_hash(with_hash + code)
    assert neutral == without_metadata_hash(code + bytes.fromhex(METADATA.format(digest="00" * 32)) + code)
    assert len(neutral) == len(with_hash + code)


def test_without_metadata_hash_leaves_other_code_alone():
    code = bytes.fromhex("a2646970667358221220" + "11" * 40)
    assert without_metadata_hash(code) == code


def push32(word):
    return b"\x7f" + word


def test_immutable_slots_are_pushed_zero_words_only():
    code = b"\x60\x7f" + push32(WORD) + push32(b"\x01" * 32) + b"\x01"
    assert immutable_slots(code) == (3,)


@given(st.binary(min_size=32, max_size=32))
def test_same_code_any_immutable_is_the_same(value):
    assert same_code(b"\x5b" + push32(WORD) + b"\x00", b"\x5b" + push32(value) + b"\x00")


@pytest.mark.parametrize(
    "live", [b"", b"\x5b" + push32(WORD) + b"\x01", b"\x5b" + push32(WORD), b"\x5c" + push32(WORD) + b"\x00"]
)
def test_same_code_anything_else_is_another(live):
    assert not same_code(b"\x5b" + push32(WORD) + b"\x00", live)
