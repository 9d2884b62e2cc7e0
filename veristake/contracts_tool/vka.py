"""Verifying key artefacts (VKA) on a chain: held as a contract's code, and registered with EZKL's reusable verifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak

from statements.errors import CircuitError

if TYPE_CHECKING:
    from web3 import Web3

REUSABLE_VERIFIER, VKA_STORE = "EzklReusableVerifier", "VkaStore"
_STOP = b"\x00"
_LARGEST_CODE = 24_576
"""EIP-170."""
_RETURN_WHAT_FOLLOWS = bytes.fromhex("80600c6000396000f3")
"""After PUSH2 of the length: DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN; as contracts/verification/VkaStore."""
_REGISTERED_SLOT = 0
"""Of ``registeredVkas``, the first state variable of EZKL 23.0.5's template; it has no view."""


def store_code(words: Sequence[bytes]) -> bytes:
    """Code that holds an artefact: a stop byte, which ends any call, and the words.

    Raises:
        CircuitError: it is longer than a chain takes.
    """
    code = _STOP + b"".join(words)
    if len(code) > _LARGEST_CODE:
        raise CircuitError(
            f"the VKA has {len(code)} bytes, EIP-170 allows {_LARGEST_CODE}",
            remedy="Build the circuit with fewer columns",
        )
    return code


def store_creation(words: Sequence[bytes]) -> bytes:
    """Creation code that leaves :func:`store_code`."""
    code = store_code(words)
    return b"\x61" + len(code).to_bytes(2, "big") + _RETURN_WHAT_FOLLOWS + code


def is_registered(web3: Web3, verifier: str, digest: str) -> bool:
    """Whether a reusable verifier takes proofs for an artefact.

    Args:
        web3: connection to the chain.
        verifier: EZKL's reusable verifier.
        digest: keccak256 of the artefact's words, 0x-hex.
    """
    # a mapping's entry: keccak256 of key and slot (Solidity's storage layout)
    slot = keccak(bytes.fromhex(digest[2:]) + _REGISTERED_SLOT.to_bytes(32, "big"))
    return any(web3.eth.get_storage_at(web3.to_checksum_address(verifier), int.from_bytes(slot, "big")))


def stored_digest(web3: Web3, store: str) -> str:
    """keccak256 of the artefact that a contract's code holds, 0x-hex."""
    code = bytes(web3.eth.get_code(web3.to_checksum_address(store)))
    return "0x" + keccak(code[len(_STOP) :]).hex()
