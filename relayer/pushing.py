"""When a transaction that waits for a block is replaced, and by what: pure decisions."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.elapsed import elapsed
from relayer.outbox.records import AttemptRecord, JobRecord
from relayer.states import AttemptKind


@dataclass(frozen=True)
class PushRules:
    """What the operator allows.

    Attributes:
        has_mempool: False on chains whose sequencer takes transactions as they come: there is nobody to outbid.
        bump_seconds: how long a transaction waits before it is replaced by a dearer one.
    """

    has_mempool: bool = True
    bump_seconds: float = 60.0

    def should_replace(
        self, newest: AttemptRecord, job: JobRecord, kind: AttemptKind, *, now: float, is_next: bool
    ) -> bool:
        """Whether another transaction is due for this nonce.

        Args:
            newest: transaction of the nonce that was signed last.
            job: what it is for.
            kind: what the nonce should be used for, of :func:`wanted_kind`.
            now: Unix time, seconds.
            is_next: the chain waits for this very nonce; later ones wait for it, whatever they offer.
        """
        if newest.raw is None or kind is not newest.kind:
            return True
        if not self.has_mempool:
            return False
        if job.wish == "bump":
            return True
        return is_next and elapsed(newest.signed_at, now) >= self.bump_seconds


def wanted_kind(newest: AttemptRecord, job: JobRecord, *, chain_time: float) -> AttemptKind:
    """What a job's nonce should be used for: once called off, it stays so.

    Args:
        newest: transaction of the nonce that was signed last.
        job: what it is for.
        chain_time: of the newest block, Unix time, seconds; deadlines are the chain's.
    """
    if newest.kind in (AttemptKind.CANCEL, AttemptKind.EXPIRE):
        return newest.kind
    if job.wish == "cancel":
        return AttemptKind.CANCEL
    if job.expires_at is not None and job.expires_at <= chain_time:
        return AttemptKind.EXPIRE
    return newest.kind
