"""The part of the weights that goes to who leads a competition: a pure step after the scores."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from neurons.network import Neuron

WHOLE_BPS = 10_000
"""Basis points of all weights."""


class Lead(StrEnum):
    """Whether a competition's part of the weights goes to anybody, and else why not."""

    PAID = "paid"
    NO_LEADER = "no_leader"
    NOT_MEASURED = "not_measured"
    NOT_REGISTERED = "not_registered"
    NO_SCORES = "no_scores"


LEAD_MEANINGS = {
    Lead.PAID: "it leads",
    Lead.NO_LEADER: "nobody leads yet",
    Lead.NOT_MEASURED: "its leading circuit could not be measured in the latest rounds",
    Lead.NOT_REGISTERED: "it is not registered as a miner with an address",
    Lead.NO_SCORES: "no miner has a score, so that there are no weights to take a part of",
}


class Prize(BaseModel):
    """What a competition offers.

    Attributes:
        competition: its id.
        weight_bps: part of the weights, basis points.
        hotkey: who leads; None before the first.
        measured: whether the leading circuit was measured in one of the latest rounds.
    """

    model_config = ConfigDict(frozen=True)

    competition: str
    weight_bps: int = Field(ge=0, le=WHOLE_BPS)
    hotkey: str | None
    measured: bool


class Award(BaseModel):
    """What becomes of a prize.

    Attributes:
        competition: its id.
        weight_bps: part of the weights that it offers, basis points.
        hotkey: who leads; None before the first.
        uid: that gets the part; None when nobody does, and it stays with the scores.
        reason: why.
    """

    model_config = ConfigDict(frozen=True)

    competition: str
    weight_bps: int
    hotkey: str | None
    uid: int | None
    reason: Lead

    def line(self) -> str:
        """For people."""
        part = f"{self.weight_bps / 100:g} % of the weights"
        whom = "nobody" if self.uid is None else f"uid {self.uid}"
        leader = "" if self.hotkey is None else f" ({self.hotkey})"
        return f"competition {self.competition}{leader}: {part} to {whom}: {LEAD_MEANINGS[self.reason]}"


def with_awards(
    shares: dict[int, float], prizes: Iterable[Prize], neurons: Iterable[Neuron]
) -> tuple[dict[int, float], tuple[Award, ...]]:
    """Take the prizes out of the scores' shares, in proportion, and give them to who leads.

    Args:
        shares: by uid, of sum 1; empty when nobody has a score.
        prizes: their parts add up to :data:`WHOLE_BPS` at most.
        neurons: of the network.

    Returns:
        Shares above 0 by uid, of sum 1 or empty, and what became of each prize.
    """
    uids = {neuron.hotkey: neuron.uid for neuron in neurons if neuron.may_mine and neuron.endpoint}
    awards = tuple(_award(prize, uids, bool(shares)) for prize in prizes)
    paid = [award for award in awards if award.uid is not None]
    left = WHOLE_BPS - sum(award.weight_bps for award in paid)
    given = {uid: share * left / WHOLE_BPS for uid, share in shares.items()}
    for award in paid:
        assert award.uid is not None  # noqa: S101 - the list above holds no other
        given[award.uid] = given.get(award.uid, 0.0) + award.weight_bps / WHOLE_BPS
    return {uid: share for uid, share in given.items() if share > 0}, awards


def _award(prize: Prize, uids: dict[str, int], scored: bool) -> Award:
    uid = None if prize.hotkey is None else uids.get(prize.hotkey)
    if not scored:
        reason = Lead.NO_SCORES
    elif prize.hotkey is None:
        reason = Lead.NO_LEADER
    elif uid is None:
        reason = Lead.NOT_REGISTERED
    else:
        reason = Lead.PAID if prize.measured else Lead.NOT_MEASURED
    return Award(
        competition=prize.competition,
        weight_bps=prize.weight_bps,
        hotkey=prize.hotkey,
        uid=uid if reason is Lead.PAID else None,
        reason=reason,
    )
