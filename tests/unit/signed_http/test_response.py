from __future__ import annotations

import pytest
from bittensor.keyfiles import Keypair
from hypothesis import given
from hypothesis import strategies as st

from signed_http.response import response_payload, sign_response, signature_is_valid

RESPONDER = Keypair.create_from_uri("//Responder")
STRANGER = Keypair.create_from_uri("//Stranger")


def payload(request_body: bytes = b"ask", signature: str = "0xab", response_body: bytes = b"told") -> bytes:
    return response_payload(request_body=request_body, request_signature=signature, response_body=response_body)


def test_response_payload_known_parts_gives_pinned_bytes() -> None:
    assert payload().startswith(b"veristake/response/1\n")
    assert len(payload()) == len(b"veristake/response/1\n") + 3 * 32


@given(st.binary(max_size=8), st.binary(max_size=8))
def test_response_payload_other_split_of_same_bytes_differs(first: bytes, second: bytes) -> None:
    joined = payload(request_body=first + second, response_body=b"")
    split = payload(request_body=first, response_body=second)
    assert (joined == split) == (second == b"")


def test_signature_is_valid_own_signature_accepts() -> None:
    signature = sign_response(RESPONDER, payload())
    assert signature_is_valid(payload(), signature, RESPONDER.ss58_address)


@pytest.mark.parametrize(
    "other",
    [payload(request_body=b"x"), payload(signature="0xac"), payload(response_body=b"x")],
    ids=["request", "request signature", "response"],
)
def test_signature_is_valid_other_content_refuses(other: bytes) -> None:
    signature = sign_response(RESPONDER, payload())
    assert not signature_is_valid(other, signature, RESPONDER.ss58_address)


def test_signature_is_valid_strangers_signature_refuses() -> None:
    signature = sign_response(STRANGER, payload())
    assert not signature_is_valid(payload(), signature, RESPONDER.ss58_address)


@pytest.mark.parametrize("signature", ["", "0x", "zz", "0x" + "00" * 64, "0x" + "00" * 63])
def test_signature_is_valid_no_signature_refuses(signature: str) -> None:
    assert not signature_is_valid(payload(), signature, RESPONDER.ss58_address)


def test_signature_is_valid_no_address_refuses() -> None:
    signature = sign_response(RESPONDER, payload())
    assert not signature_is_valid(payload(), signature, "nobody")
