"""What earlier decisions on weights mean for the next one: pure decisions from the journal and the network's rules."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from neurons.network import WeightRules
from neurons.validator.weights import Timing, WeightPlan, WeightPolicy
from neurons.validator.weights_store import WeightsSet, WeightsState

PENDING_BLOCKS = 10
"""Weights are signed for 8 blocks; what is in none of so many will be in none. Less than LAST_BLOCKS, so that weights
that were lost are decided anew in the same epoch."""
CALL_SECONDS = 240.0
"""Longest from a decision to the end of the call that sets it, each attempt of which signs anew: the network's adapter
gives the call up after 180 s; the rest is for this machine."""
BLOCKS_AFTER_REFUSAL = 5
"""Blocks until what a network has refused is offered again."""


class Fate(StrEnum):
    """What became of a decision of which this process does not know whether it reached the network."""

    SET = "set"
    LOST = "lost"
    UNKNOWN = "unknown"


def fate_of(decided_block: int, rules: WeightRules, *, found_block: int) -> Fate:
    """Whether weights that were decided at a block have reached the network.

    Args:
        decided_block: newest block when they were decided.
        rules: as of now.
        found_block: newest block when this process found the decision open, hence no call for it under way; where it
            was found long after, the longest time of a call counts instead.
    """
    if rules.last_update_block is not None and rules.last_update_block >= decided_block:
        return Fate.SET
    signed_until = min(found_block, decided_block + math.ceil(CALL_SECONDS / rules.block_seconds))
    return Fate.LOST if rules.block - signed_until > PENDING_BLOCKS else Fate.UNKNOWN


def any_pending(decisions: Iterable[WeightsSet], rules: WeightRules) -> bool:
    """Whether weights may still arrive at the network, as far as one can tell who only looks.

    Args:
        decisions: open ones.
        rules: as of now.
    """
    fates = (fate_of(one.block, rules, found_block=rules.block) for one in decisions if not one.dry_run)
    return Fate.UNKNOWN in fates


def after_history(
    plan: WeightPlan,
    latest: Iterable[WeightsSet],
    rules: WeightRules,
    policy: WeightPolicy,
    *,
    pending: bool,
    dry_run: bool,
) -> WeightPlan:
    """The plan, with what the network's own limit does not hold back.

    Args:
        plan: from the rules and the scores.
        latest: the newest decisions, newest first.
        rules: as of now.
        policy: of the operator.
        pending: whether weights of an earlier decision may still arrive at the network.
        dry_run: whether the plan would be a dry run: dry runs keep their distance from each other, and hold back
            nothing else.
    """
    if pending:
        return replace(plan, timing=Timing.PENDING)
    before = next((decision for decision in latest if decision.dry_run is dry_run), None)
    if plan.timing is not Timing.DUE or before is None:
        return plan
    refused = BLOCKS_AFTER_REFUSAL if before.state is WeightsState.REFUSED else 0
    apart = policy.blocks_apart if dry_run else refused
    return replace(plan, timing=Timing.HELD_BACK) if rules.block - before.block < apart else plan
