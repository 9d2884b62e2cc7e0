"""Which nonce comes next: derived anew each time, so that no counter can drift from the chain."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NewType

Nonce = NewType("Nonce", int)
"""Number of a transaction of one account on one chain."""


@dataclass(frozen=True)
class NonceView:
    """What the chain says about an account's nonces.

    Attributes:
        latest: transactions in blocks.
        pending: the same with the mempool.
    """

    latest: int
    pending: int


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
    return Nonce(nonce)


def foreign_nonces(*, latest: int, pending: int, stored: Collection[int]) -> tuple[int, ...]:
    """Nonces in the mempool that are not ours: the key is used elsewhere."""
    return tuple(nonce for nonce in range(latest, pending) if nonce not in set(stored))


def gaps(*, latest: int, pending: int, stored: Collection[int], open_nonces: Collection[int]) -> tuple[Nonce, ...]:
    """Nonces that nothing of ours will ever use, and that later transactions or the next job would wait for.

    A reorganisation can leave one: a transaction that reverted there is not sent again, and its nonce is never
    given to another job. A stranger's transaction that the mempool forgot leaves one below ours.

    Args:
        latest: transactions of the account in blocks.
        pending: the same with the mempool; a nonce below it is used by something in the mempool.
        stored: all nonces of the account in our database.
        open_nonces: those of them with a transaction that may still get into a block.
    """
    last = max(stored, default=-1)
    used = set(open_nonces)
    return tuple(Nonce(nonce) for nonce in range(max(latest, pending), last + 1) if nonce not in used)
