"""The life of a job, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from statements.errors import VeristakeError


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    """Waits for its turn, for another job, or for its next try."""
    SENT = "sent"
    """A signed transaction with a nonce is stored; it may be anywhere between here and a block."""
    INCLUDED = "included"
    """The transaction succeeded in a block that may still be reorganised away."""
    FINALIZED = "finalized"
    """The block of the transaction is final."""
    SEEN_ON_CHAIN = "seen_on_chain"
    """Simulation says that somebody else recorded it, in a block that may still be reorganised away."""
    ALREADY_ON_CHAIN = "already_on_chain"
    """Somebody else's record is final: success without a transaction of ours."""
    REJECTED = "rejected"
    """The contract refuses it for a reason that time does not mend; nothing is spent on it."""
    SKIPPED = "skipped"
    """The operator's policy says that it is not due; it waits, and becomes due or is superseded."""
    SUPERSEDED = "superseded"
    """It was never due before a later epoch of the same asset came."""
    CANCELLED = "cancelled"
    """The operator called it off: it was never signed, or a self-send took its nonce for good."""
    EXPIRED = "expired"
    """Its deadline passed before it was in a block: it was never signed, or a self-send took its nonce for good."""


class AttemptKind(StrEnum):
    """What a signed transaction is for."""

    CALL = "call"
    """What its job wants."""
    CANCEL = "cancel"
    """A self-send with the nonce of a job that the operator called off."""
    EXPIRE = "expire"
    """A self-send with the nonce of a job whose deadline has passed."""
    WITHDRAW = "withdraw"
    """A self-send with the nonce of a job whose call would fail by now: cheaper than a call that reverts."""
    FILL = "fill"
    """A self-send with a nonce that nobody uses and that later ones wait for."""


CALLED_OFF: Mapping[AttemptKind, JobState] = MappingProxyType(
    {
        AttemptKind.CANCEL: JobState.CANCELLED,
        AttemptKind.EXPIRE: JobState.EXPIRED,
        # the next simulation says whether it is refused for good or recorded by somebody else
        AttemptKind.WITHDRAW: JobState.QUEUED,
    }
)
"""State of a job once a self-send of this kind is final."""

TRANSITIONS: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        JobState.QUEUED: frozenset(
            {JobState.SENT, JobState.SEEN_ON_CHAIN, JobState.REJECTED, JobState.CANCELLED, JobState.EXPIRED}
        ),
        # back to the queue: reverted in its block, or its nonce went to another transaction for good, be it ours;
        # called off: the self-send that took its nonce is final
        JobState.SENT: frozenset({JobState.INCLUDED, JobState.QUEUED, JobState.CANCELLED, JobState.EXPIRED}),
        # back to sent: reorganised away; the nonce is still ours, so the stored transaction goes out again
        JobState.INCLUDED: frozenset({JobState.FINALIZED, JobState.SENT}),
        JobState.SEEN_ON_CHAIN: frozenset({JobState.ALREADY_ON_CHAIN, JobState.QUEUED}),
        # another validator's proof or attestation of the same statement deserves a try of its own
        JobState.REJECTED: frozenset({JobState.QUEUED}),
        # due after all: the heartbeat has come, another update is due, or the operator asks for it
        JobState.SKIPPED: frozenset({JobState.QUEUED, JobState.SUPERSEDED}),
        JobState.SUPERSEDED: frozenset(),
        # the operator may change his mind, and a later attestation may have a later deadline
        JobState.CANCELLED: frozenset({JobState.QUEUED}),
        JobState.EXPIRED: frozenset({JobState.QUEUED}),
        JobState.FINALIZED: frozenset(),
        JobState.ALREADY_ON_CHAIN: frozenset(),
    }
)

IN_FLIGHT = frozenset({JobState.SENT, JobState.INCLUDED, JobState.SEEN_ON_CHAIN})
"""States that are followed on the chain."""

EFFECTIVE = frozenset({JobState.INCLUDED, JobState.FINALIZED, JobState.SEEN_ON_CHAIN, JobState.ALREADY_ON_CHAIN})
"""States in which the chain holds what the job puts there, so that a job which depends on it may be tried."""

GIVEN_UP = frozenset({JobState.REJECTED, JobState.CANCELLED, JobState.EXPIRED})
"""States without success, from which a job may be queued again."""

SETTLED = (
    frozenset({JobState.FINALIZED, JobState.ALREADY_ON_CHAIN}) | GIVEN_UP | {JobState.SKIPPED, JobState.SUPERSEDED}
)
"""States in which the relayer has nothing more to do."""


class IllegalTransitionError(VeristakeError):
    """A state change that the table does not have: a defect, never an operator's fault."""


def check_transition(old: JobState, new: JobState) -> None:
    """Refuse a change that the table does not have.

    Raises:
        IllegalTransitionError: ``new`` does not follow ``old``.
    """
    if new not in TRANSITIONS[old]:
        raise IllegalTransitionError(
            f"a job in state {old} cannot become {new}", remedy="Report this: the job is left as it was"
        )
