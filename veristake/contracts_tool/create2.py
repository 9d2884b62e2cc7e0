"""Addresses that depend on what is deployed and not on who deploys it, when or where (EIP-1014)."""

from __future__ import annotations

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

FACTORY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""The deterministic deployment proxy: called with salt and init code, it creates a contract and returns its address.

Its address is the same on all chains because its own deployment was signed before any chain was known (Arachnid's
deterministic-deployment-proxy).
"""
FACTORY_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b"
    "8082525050506014600cf3"
)
"""Runtime code of the proxy: 69 bytes, without a switch and without an owner."""

_IPFS_HEAD = bytes.fromhex("a2646970667358221220")
_IPFS_TAIL = bytes.fromhex("64736f6c6343")
_DIGEST_BYTES = 32


def salt_of(release: str, name: str) -> bytes:
    """Salt of a contract: keccak256 of ``<release>/<name>``."""
    return keccak(text=f"{release}/{name}")


def create2_address(salt: bytes, init_code: bytes, creator: str = FACTORY) -> str:
    """Where a contract creates another, checksummed (EIP-1014).

    Args:
        salt: 32 bytes.
        init_code: creation code with the constructor's arguments.
        creator: the proxy.
    """
    digest = keccak(b"\xff" + bytes.fromhex(creator[2:]) + salt + keccak(init_code))
    return str(to_checksum_address(digest[-20:]))


def without_metadata_hash(code: bytes) -> bytes:
    """Code with the compiler's hash over its sources set to zero.

    solc appends the IPFS hash of the sources, comments and paths included, where it is never executed; ape-solidity has
    no setting against it. Left in, a comment would change every address.
    """
    parts = code.split(_IPFS_HEAD)
    for place, part in enumerate(parts[1:], start=1):
        if part[_DIGEST_BYTES:].startswith(_IPFS_TAIL):
            parts[place] = bytes(_DIGEST_BYTES) + part[_DIGEST_BYTES:]
    return _IPFS_HEAD.join(parts)
