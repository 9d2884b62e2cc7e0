"""Weights as shares: what is asked of them before any network is."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from neurons.network.protocol import WeightsReceipt, WeightsRefusal
from statements.errors import VeristakeError

_REMEDY: dict[WeightsRefusal, str] = {
    WeightsRefusal.NOT_REGISTERED: "Register the hotkey: veristake validator register.",
    WeightsRefusal.NO_VALIDATOR_PERMIT: "The subnet gives permits to the validators with the most stake.",
    WeightsRefusal.NOT_ENOUGH_STAKE: "Add stake to the hotkey.",
    WeightsRefusal.RATE_LIMITED: "Wait; the next setting goes through.",
    WeightsRefusal.OLD_VERSION_KEY: "Run the release that the subnet asks for.",
    WeightsRefusal.TOO_FEW_WEIGHTS: "Wait until more miners have a score.",
    WeightsRefusal.INVALID_WEIGHTS: "Wait for the next look at the subnet; its uids may have changed hands.",
    WeightsRefusal.UID_TAKEN_OVER: "None: the next look at the subnet computes them anew.",
    WeightsRefusal.OTHER: "Read the network's words.",
}


class Refused(VeristakeError):  # noqa: N818 - an answer of the network's rules, turned into a receipt
    """Weights that a network's rules do not let pass.

    Args:
        reason: which rule.
        message: one sentence for a person.
    """

    def __init__(self, reason: WeightsRefusal, message: str) -> None:
        super().__init__(message, remedy=_REMEDY[reason])
        self.reason = reason

    def receipt(self, *, dry_run: bool) -> WeightsReceipt:
        """The answer to the validator."""
        return WeightsReceipt(accepted=False, detail=str(self), dry_run=dry_run, refusal=self.reason)


def check_holders(weights: Mapping[int, float], *, meant: Mapping[int, str], present: Mapping[int, str]) -> None:
    """A uid that was pruned belongs to another hotkey: a weight meant for the former holder would pay the next.

    Args:
        weights: by uid.
        meant: by uid, the hotkey for which its weight is meant.
        present: by uid, who holds it now.

    Raises:
        Refused: a uid has changed hands, or it is not said for whom its weight is meant.
    """
    for uid in weights:
        if uid not in meant:
            raise Refused(WeightsRefusal.INVALID_WEIGHTS, f"uid {uid} has a weight that is meant for no hotkey")
        if present.get(uid) != meant[uid]:
            raise Refused(
                WeightsRefusal.UID_TAKEN_OVER,
                f"uid {uid} belongs to {present.get(uid)} now, and its weight was meant for {meant[uid]}",
            )


def shares(weights: Mapping[int, float], *, known: Collection[int], at_least: int) -> dict[int, float]:
    """Weights that sum to 1, without those that are 0.

    Args:
        weights: by uid.
        known: uids that the subnet has.
        at_least: how many must be above 0.

    Raises:
        Refused: a uid is unknown, a weight negative or not finite, none above 0, or too few.
    """
    for uid, weight in weights.items():
        if uid not in known:
            raise Refused(WeightsRefusal.INVALID_WEIGHTS, f"uid {uid} is not in the subnet")
        if not math.isfinite(weight) or weight < 0:
            raise Refused(WeightsRefusal.INVALID_WEIGHTS, f"weight of uid {uid} is {weight}")
    positive = {uid: weight for uid, weight in weights.items() if weight > 0}
    if not positive or len(positive) < at_least:
        raise Refused(
            WeightsRefusal.TOO_FEW_WEIGHTS, f"{len(positive)} neurons have a weight, at least {max(1, at_least)} must"
        )
    # the largest first: their sum may be beyond the largest float, and the smallest may be nothing beside it
    largest = max(positive.values())
    scaled = {uid: weight / largest for uid, weight in positive.items()}
    total = math.fsum(scaled.values())
    return {uid: weight / total for uid, weight in scaled.items()}
