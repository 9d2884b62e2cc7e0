"""Which update is due: heartbeat, deviation, and going along with another one. Pure functions of what is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BASIS_POINTS = 10_000


@dataclass(frozen=True)
class UpdateRules:
    """When an update of one asset on one chain is due.

    Attributes:
        heartbeat_seconds: an update is due when the last one is so old; 0 makes every proof due.
        deviation_basis_points: an update is due when an output has moved by so much of its full range; None: by the
            heartbeat only.
        early_after_seconds: when another update is due on the chain, this one goes along if the last is so old; None:
            never by age.
        early_deviation_basis_points: the same by deviation; None: never by deviation.
    """

    heartbeat_seconds: float = 0.0
    deviation_basis_points: int | None = None
    early_after_seconds: float | None = None
    early_deviation_basis_points: int | None = None

    @property
    def takes_all(self) -> bool:
        """Whether every proof is due, whatever came before."""
        return self.heartbeat_seconds == 0


@dataclass(frozen=True)
class Score:
    """What a proof says of an asset.

    Attributes:
        epoch: of the statement.
        outputs: fixed point at ``2^scale_bits``.
        scale_bits: scale of the outputs; another version of the circuit may have another one.
    """

    epoch: int
    outputs: tuple[int, ...]
    scale_bits: int


@dataclass(frozen=True)
class Update:
    """The newest update of an asset that this relayer has put on a chain, or is about to.

    Attributes:
        score: what it says.
        at: Unix time at which it was found due, seconds.
    """

    score: Score
    at: float


class Cause(StrEnum):
    """Why an update is due, or why not."""

    EVERY = "every"
    """Every proof is due: no heartbeat is set."""
    FIRST = "first"
    """Nothing was put there before."""
    HEARTBEAT = "heartbeat"
    DEVIATION = "deviation"
    EARLY = "early"
    """Another update is due, and this one goes along."""
    OLD = "old"
    """Not due: a later epoch is there."""
    QUIET = "quiet"
    """Not due: neither old nor different enough."""


NOT_DUE = frozenset({Cause.OLD, Cause.QUIET})


@dataclass(frozen=True)
class Decision:
    """Whether an update is due.

    Attributes:
        cause: in one word.
        reason: for the audit trail.
    """

    cause: Cause
    reason: str

    @property
    def due(self) -> bool:
        """Whether it is to be sent."""
        return self.cause not in NOT_DUE


def moved_by(before: Score, after: Score, basis_points: int) -> bool:
    """Whether an output has moved by at least ``basis_points`` of its full range [0, 1]; exact, in integers.

    A changed number of outputs is a change of everything.
    """
    if len(before.outputs) != len(after.outputs):
        return True
    range_of_both = 1 << (before.scale_bits + after.scale_bits)
    return any(
        abs((new << before.scale_bits) - (old << after.scale_bits)) * BASIS_POINTS >= basis_points * range_of_both
        for old, new in zip(before.outputs, after.outputs, strict=True)
    )


def decide(candidate: Score, last: Update | None, rules: UpdateRules, *, now: float, another_due: bool) -> Decision:
    """Whether a verified proof is to be sent now.

    Args:
        candidate: what it says.
        last: newest update before it; None when there is none.
        rules: of this asset on this chain.
        now: Unix time, seconds.
        another_due: another asset's update waits to be sent on this chain.
    """
    if rules.takes_all:
        return Decision(Cause.EVERY, "every proof is due")
    if last is None:
        return Decision(Cause.FIRST, "the first update of this asset here")
    if candidate.epoch <= last.score.epoch:
        return Decision(
            Cause.OLD, f"epoch {candidate.epoch} is not later than {last.score.epoch}, which was taken before"
        )
    # a clock that was set back must not make an update wait for longer than the heartbeat
    age = abs(now - last.at)
    if age >= rules.heartbeat_seconds:
        return Decision(Cause.HEARTBEAT, f"the last update is {age:.0f} s old, heartbeat {rules.heartbeat_seconds:g} s")
    deviation = rules.deviation_basis_points
    if deviation is not None and moved_by(last.score, candidate, deviation):
        return Decision(Cause.DEVIATION, f"an output has moved by {deviation} basis points or more")
    if another_due and _goes_along(candidate, last, rules, age):
        return Decision(Cause.EARLY, "another update is due, this one goes along")
    return Decision(
        Cause.QUIET,
        f"not due: the last update is {age:.0f} s old (heartbeat {rules.heartbeat_seconds:g} s) and close to it",
    )


def _goes_along(candidate: Score, last: Update, rules: UpdateRules, age: float) -> bool:
    if rules.early_after_seconds is not None and age >= rules.early_after_seconds:
        return True
    deviation = rules.early_deviation_basis_points
    return deviation is not None and moved_by(last.score, candidate, deviation)
