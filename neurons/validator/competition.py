"""How an entry to a competition is measured, and when it is a new best: pure."""

from __future__ import annotations

ACCURACY_WEIGHT = 0.95
SIZE_WEIGHT = 0.0
TIME_WEIGHT = 0.05
"""Of Omron's competitions (peers): accuracy, proof size, response time."""
NEW_BEST_FACTOR = 1.02
"""A new best has to be better than the old one by more than 2 %, so that noise does not move the prize."""


def entry_score(accuracy: float, seconds: float, reference_seconds: float) -> float:
    """``.95 accuracy + 0 size + .05 time``, in [0, 1].

    Args:
        accuracy: exp(-sum of squared errors) of the outputs against the competition's own model, in [0, 1].
        seconds: from request to complete answer, above 0.
        reference_seconds: time that earns half of the part for time, above 0.
    """
    time = reference_seconds / (reference_seconds + seconds)
    return ACCURACY_WEIGHT * accuracy + TIME_WEIGHT * time


def is_new_best(score: float, best: float | None) -> bool:
    """Whether an entry takes the lead.

    Args:
        score: of the entry.
        best: score of the leader; None while there is none.
    """
    return score > 0 if best is None else score > NEW_BEST_FACTOR * best


PRESENT_INTERVALS = 3
"""Rounds in which a leader may fail to be measured before the lead is open: one that proves no more is paid no more."""


def is_present(registered: bool, unmeasured_seconds: float, interval: float) -> bool:
    """Whether a leader still keeps its lead, and what the lead earns.

    Args:
        registered: as a miner with an address.
        unmeasured_seconds: since the leading circuit was last measured rightly of this miner.
        interval: seconds between two rounds.
    """
    return registered and unmeasured_seconds <= PRESENT_INTERVALS * interval
