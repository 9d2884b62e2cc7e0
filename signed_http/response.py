r"""The signature on an answer: binds it to the responder's hotkey and to the one request it answers.

Signed bytes: ``b"veristake/response/1\n" + sha256(request body) + sha256(value of the request's
X-Bittensor-Signature header, ASCII) + sha256(response body)``. The request's signature covers method, path,
query, both hotkeys and a fresh nonce, so an answer cannot be moved to another request. The HTTP status is not
covered: whoever could change it could as well drop the answer.

A refusal of a body that was not read to its end (413, 408) cannot hash that body. Its signed bytes are
``b"veristake/response-unread/1\n" + sha256(signature header) + sha256(response body)``: the request's signature
covers the body's hash already, so this binds as tightly. Only refusals may come so.
"""

from __future__ import annotations

import hashlib

from bittensor import sp_core

from signed_http.wallets import HotkeyKeypair

SIGNATURE_HEADER = "X-Veristake-Signature"
HOTKEY_HEADER = "X-Veristake-Hotkey"
_DOMAIN = b"veristake/response/1\n"
_UNREAD_DOMAIN = b"veristake/response-unread/1\n"
UNREAD_STATUSES = frozenset({408, 413})
"""HTTP statuses of refusals that were given before the request's body was read."""


def response_payload(*, request_body: bytes, request_signature: str, response_body: bytes) -> bytes:
    """The bytes a responder signs.

    Args:
        request_body: raw body of the request.
        request_signature: value of its X-Bittensor-Signature header; empty when it had none.
        response_body: raw body of the answer.
    """
    # latin-1 is how HTTP header bytes reach us; a legitimate signature is ASCII, where both are the same
    parts = (request_body, request_signature.encode("latin-1"), response_body)
    return _DOMAIN + b"".join(hashlib.sha256(part).digest() for part in parts)


def unread_payload(*, request_signature: str, response_body: bytes) -> bytes:
    """The bytes a responder signs when it refuses a request whose body it has not read.

    Args:
        request_signature: value of the request's X-Bittensor-Signature header; empty when it had none.
        response_body: raw body of the answer.
    """
    parts = (request_signature.encode("latin-1"), response_body)
    return _UNREAD_DOMAIN + b"".join(hashlib.sha256(part).digest() for part in parts)


def sign_response(keypair: HotkeyKeypair, payload: bytes) -> str:
    """The value of X-Veristake-Signature: 0x-hex of an sr25519 signature."""
    return "0x" + bytes(keypair.sign(payload)).hex()


def signature_is_valid(payload: bytes, signature: str, hotkey: str) -> bool:
    """Whether ``hotkey`` signed ``payload``; False also for what is no signature at all."""
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
        return bool(sp_core.verify(payload, raw, hotkey, sp_core.CRYPTO_SR25519))
    except ValueError:  # not hex, wrong length, or not an ss58 address
        return False
