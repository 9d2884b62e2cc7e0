"""Who gets how much, as a Merkle tree that ClaimManager takes: OpenZeppelin's StandardMerkleTree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from statements.errors import ConfigurationError

_LEAF_TYPES = ("uint256", "address", "uint256", "address", "uint256")
"""Chain id, ClaimManager, distribution, user, amount."""


@dataclass(frozen=True)
class MerkleDistribution:
    """Amounts by user, each provable by itself.

    Attributes:
        root: for ``announceMerkle``.
        total: sum of the amounts, token units; what ``announceMerkle`` has to promise.
        proofs: by checksummed user: siblings from the leaf to the root, for ``claimLeaf``.
    """

    root: bytes
    total: int
    proofs: Mapping[str, tuple[bytes, ...]]


def merkle_distribution(
    chain_id: int, claim_manager: str, distribution_id: int, amounts: Mapping[str, int]
) -> MerkleDistribution:
    """The tree of a distribution; the same amounts give the same root in any order.

    Args:
        chain_id: EIP-155 id of the chain of the ClaimManager.
        claim_manager: its address.
        distribution_id: number that the distribution will get: one more than ``distributionCount``.
        amounts: token units by user.

    Raises:
        ConfigurationError: nobody, somebody twice, the ClaimManager itself, or an amount that is not positive.
    """
    users = [str(to_checksum_address(user)) for user in amounts]
    if not users:
        raise ConfigurationError("amounts: nobody is to get anything", remedy="Give at least one user and amount")
    twice = sorted(user for user, times in Counter(users).items() if times > 1)
    if twice:
        raise ConfigurationError(
            f"amounts: {twice[0]} is there twice", remedy="Add its amounts up: a user can claim one leaf only"
        )
    if str(to_checksum_address(claim_manager)) in users:
        raise ConfigurationError(
            f"amounts: {claim_manager} is the ClaimManager itself: its tokens would be nobody's",
            remedy="Give the address of who is to get them, or leave it out",
        )
    for user, amount in amounts.items():
        if not 0 < amount < 1 << 256:
            raise ConfigurationError(
                f"amounts: {user} gets {amount}", remedy="Give whole units, at least one, or leave the user out"
            )
    leaves = {
        user: standard_leaf(_LEAF_TYPES, (chain_id, claim_manager, distribution_id, user, amount))
        for user, amount in zip(users, amounts.values(), strict=True)
    }
    tree, positions = standard_tree(list(leaves.values()))
    proofs = {user: _proof(tree, positions[leaf]) for user, leaf in leaves.items()}
    return MerkleDistribution(root=tree[0], total=sum(amounts.values()), proofs=proofs)


def standard_leaf(types: tuple[str, ...], values: tuple[object, ...]) -> bytes:
    """keccak256(keccak256(abi.encode(values))): hashed twice, so that no inner node passes as a leaf."""
    return keccak(keccak(encode(types, values)))


def standard_tree(leaves: list[bytes]) -> tuple[list[bytes], dict[bytes, int]]:
    """StandardMerkleTree as an array, root first: leaves sorted by hash from the end backwards, pairs hashed in order.

    Returns:
        The 2n - 1 nodes, and each leaf's position among them.
    """
    size = 2 * len(leaves) - 1
    tree = [b""] * size
    for index, leaf in enumerate(sorted(leaves)):
        tree[size - 1 - index] = leaf
    positions = {leaf: position for position, leaf in enumerate(tree) if leaf}
    for position in range(size - 1 - len(leaves), -1, -1):
        tree[position] = keccak(b"".join(sorted((tree[2 * position + 1], tree[2 * position + 2]))))
    return tree, positions


def _proof(tree: list[bytes], position: int) -> tuple[bytes, ...]:
    siblings = []
    while position:
        siblings.append(tree[position + 1 if position % 2 else position - 1])
        position = (position - 1) // 2
    return tuple(siblings)
