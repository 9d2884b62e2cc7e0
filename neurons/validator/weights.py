"""Which weights to set, and whether now: a pure decision from the network's rules and the scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from neurons.network import Neuron, WeightRules
from neurons.validator.awards import Award

BLOCKS_APART = 100
"""Least blocks between two settings (peers: Omron's subnet); the network's own limit counts when it is larger."""
LAST_BLOCKS = 15
"""Weights are set in this many last blocks of an epoch, so that they rest on as much as possible."""

_LOOKS_IN_WINDOW = 3
_SHORTEST_PAUSE_SECONDS = 0.1


class Timing(StrEnum):
    """Whether weights are set now, and else why not."""

    DUE = "due"
    RATE_LIMITED = "rate_limited"
    EARLY_IN_EPOCH = "early_in_epoch"
    NO_SCORES = "no_scores"
    TOO_FEW = "too_few"
    OLD_VERSION = "old_version"
    HELD_BACK = "held_back"
    """By a refusal some blocks ago, or by an earlier dry run."""
    PENDING = "pending"
    """Weights of an earlier decision may still arrive at the network."""


@dataclass(frozen=True)
class WeightPolicy:
    """The operator's part of the decision.

    Attributes:
        version_key: version of this validator's rules.
        blocks_apart: least blocks between two settings.
        last_blocks: length of the window at the end of an epoch.
    """

    version_key: int
    blocks_apart: int = BLOCKS_APART
    last_blocks: int = LAST_BLOCKS


@dataclass(frozen=True)
class WeightPlan:
    """What to do now.

    Attributes:
        timing: whether to set, and else why not.
        weights: by uid, above 0, of sum 1; empty without scores.
        awards: what became of the competitions' parts in them.
    """

    timing: Timing
    weights: dict[int, float]
    awards: tuple[Award, ...] = ()


def normalised(scores: Mapping[str, float], neurons: Iterable[Neuron]) -> dict[int, float]:
    """Shares of the registered miners, by uid; of sum 1, or empty when nobody has a score. Only who mines has one.

    Args:
        scores: by hotkey; of those that are not registered as miners any more, or have no
            endpoint and so can be asked nothing, nothing counts.
        neurons: of the network.
    """
    positive = {
        neuron.uid: scores[neuron.hotkey]
        for neuron in neurons
        if neuron.may_mine and neuron.endpoint and scores.get(neuron.hotkey, 0.0) > 0
    }
    largest = max(positive.values(), default=0.0)
    # first by the largest, so that scores too small to add up do not vanish or divide by zero
    scaled = {uid: score / largest for uid, score in positive.items()}
    total = sum(scaled.values())
    return {uid: share / total for uid, share in scaled.items() if share / total > 0}


def plan_weights(
    rules: WeightRules, policy: WeightPolicy, weights: dict[int, float], awards: tuple[Award, ...] = ()
) -> WeightPlan:
    """Whether to set these weights now.

    Args:
        rules: of the network, as of its newest block.
        policy: of the operator.
        weights: from :func:`normalised`, with the awards in them.
        awards: that are in them.
    """
    return WeightPlan(_timing(rules, policy, weights), weights, awards)


def _timing(rules: WeightRules, policy: WeightPolicy, weights: dict[int, float]) -> Timing:
    if policy.version_key < rules.version_key:
        return Timing.OLD_VERSION
    if not weights:
        return Timing.NO_SCORES
    if len(weights) < rules.min_allowed_weights:
        return Timing.TOO_FEW
    last = rules.last_update_block
    if last is not None and rules.block - last < max(policy.blocks_apart, rules.rate_limit_blocks):
        return Timing.RATE_LIMITED
    if rules.tempo_blocks - rules.blocks_since_epoch > policy.last_blocks:
        return Timing.EARLY_IN_EPOCH
    return Timing.DUE


def pause_seconds(poll_seconds: float, policy: WeightPolicy, rules: WeightRules) -> float:
    """Time until the next look: short enough that some looks fall into the window in which weights are set.

    Args:
        poll_seconds: longest time, as the operator has it.
        policy: of the operator.
        rules: of the network.
    """
    window = policy.last_blocks * rules.block_seconds
    return min(poll_seconds, max(_SHORTEST_PAUSE_SECONDS, window / _LOOKS_IN_WINDOW))
