"""When a block is final, and whether a block that we remember still stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FinalityMode(StrEnum):
    """Where finality comes from."""

    TAG = "tag"
    """The chain's own ``finalized`` block."""
    DEPTH = "depth"
    """A number of blocks on top, for chains without such a block."""


@dataclass(frozen=True)
class BlockReference:
    """A block as it was seen.

    Attributes:
        number: its height.
        hash: its hash, 0x-hex.
    """

    number: int
    hash: str


class Standing(StrEnum):
    """What has become of a block that we remember."""

    PENDING = "pending"
    """It stands, or cannot be read at the moment; not final yet."""
    FINAL = "final"
    """It stands and is final."""
    GONE = "gone"
    """Another block has its height: it was reorganised away."""


def finalized_by_depth(*, head: int, depth: int) -> int:
    """Height of the newest block with ``depth`` blocks on top; negative when there is none."""
    return head - depth


def standing(remembered: BlockReference, *, hash_now: str | None, finalized: int) -> Standing:
    """What has become of ``remembered``.

    Args:
        remembered: the block as it was seen.
        hash_now: hash of the block at that height, None when the node has none there.
        finalized: height of the newest final block.
    """
    if hash_now is None:
        # a shorter chain or a node behind: neither proves that the block is gone
        return Standing.PENDING
    if hash_now != remembered.hash:
        return Standing.GONE
    return Standing.FINAL if remembered.number <= finalized else Standing.PENDING
