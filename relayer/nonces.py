"""Which nonce comes next: derived anew each time, so that no counter can drift from the chain."""

from __future__ import annotations

from collections.abc import Collection
from typing import NewType

Nonce = NewType("Nonce", int)
"""Number of a transaction of one account on one chain."""


def next_nonce(*, latest: int, pending: int, stored: Collection[int]) -> Nonce:
    """The lowest nonce that nobody uses.

    Args:
        latest: transactions of the account in blocks (``eth_getTransactionCount`` at ``latest``).
        pending: the same with the node's mempool; nonces between the two may belong to somebody else who uses the key.
        stored: nonces of the account in our database. A nonce that ever carried a stored transaction is never given
            to another one: a node that lags behind must not make us reuse it, and a reorganisation brings it back.
    """
    taken = set(stored)
    nonce = max(latest, pending)
    while nonce in taken:
        nonce += 1
    # a gap that we left below the mempool's view (latest <= gap < pending) cannot exist: pending counts without gaps
    return Nonce(nonce)


def foreign_nonces(*, latest: int, pending: int, stored: Collection[int]) -> tuple[int, ...]:
    """Nonces in the mempool that are not ours: the key is used elsewhere."""
    return tuple(nonce for nonce in range(latest, pending) if nonce not in set(stored))
