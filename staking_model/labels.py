"""What the model learns: whether a stress event follows, and how long deposited stake stays.

**Exit risk** is the probability that within the next 24 epochs either

- the premium falls below its present value by more than ``SPREAD_MULTIPLE`` (3) times the trailing spread, which is the
  standard deviation of the premium over the last 48 epochs but at least 0.1 %, or
- more than ``OUTFLOW_FRACTION`` (5 %) of the stake that is deposited now is, net, withdrawn.

It asks for a *further* widening, not for a level: an asset that has already fallen is at risk only while it goes on
falling or stake goes on leaving.

**Staking duration** is the expected remaining holding time of the stake that is deposited now, weighted by amount and
cut at ``MAX_DURATION`` (30 days), as a fraction of it. Only a simulator knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import exp, log1p
from typing import Final

from staking_model.market import Truth
from staking_model.score import MAX_DURATION

HORIZON: Final = 24
"""Epochs in which a stress event counts."""
TRAILING: Final = 48
"""Epochs over which the spread is taken."""
SPREAD_MULTIPLE: Final = 3.0
SPREAD_FLOOR: Final = 0.001
"""Smallest trailing spread; a fraction of the fair value."""
OUTFLOW_FRACTION: Final = 0.05
MAX_DURATION_EPOCHS: Final = MAX_DURATION // 3600


def trailing_spreads(premiums: Sequence[float]) -> list[float | None]:
    """Standard deviation over the last ``TRAILING`` epochs up to and including each, at least ``SPREAD_FLOOR``.

    None where there are not enough epochs.
    """
    sums = [0.0, *accumulate(premiums)]
    squares = [0.0, *accumulate(p * p for p in premiums)]
    spreads: list[float | None] = []
    for end in range(1, len(premiums) + 1):
        start = end - TRAILING
        if start < 0:
            spreads.append(None)
            continue
        mean = (sums[end] - sums[start]) / TRAILING
        variance = max((squares[end] - squares[start]) / TRAILING - mean * mean, 0.0)
        spreads.append(max(variance**0.5, SPREAD_FLOOR))
    return spreads


def exit_events(premiums: Sequence[float], totals: Sequence[int] | None) -> list[bool | None]:
    """Whether a stress event follows each epoch.

    Args:
        premiums: market price over fair rate minus 1, one per epoch.
        totals: deposited stake, token units, one per epoch; None where unknown: then only the premium counts.

    Returns:
        One per epoch; None where the past is too short for a spread or the future for the horizon.
    """
    spreads = trailing_spreads(premiums)
    events: list[bool | None] = []
    for now, spread in enumerate(spreads):
        if spread is None or now + HORIZON >= len(premiums):
            events.append(None)
            continue
        widens = min(premiums[now + 1 : now + 1 + HORIZON]) < premiums[now] - SPREAD_MULTIPLE * spread
        leaves = False
        if totals is not None and totals[now] > 0:
            leaves = min(totals[now + 1 : now + 1 + HORIZON]) < totals[now] * (1 - OUTFLOW_FRACTION)
        events.append(widens or leaves)
    return events


def staking_durations(truths: Sequence[Truth]) -> list[float | None]:
    """Expected remaining holding time of deposited stake over MAX_DURATION.

    Returns:
        One in [0, 1] per epoch; None where the future is shorter than MAX_DURATION or nothing is staked.
    """
    if not truths:
        return []
    cohorts = len(truths[0].holdings)
    times = [_remaining([truth.hazards[cohort] for truth in truths]) for cohort in range(cohorts)]
    durations: list[float | None] = []
    for now, truth in enumerate(truths):
        staked = sum(truth.holdings)
        if now + MAX_DURATION_EPOCHS > len(truths) or staked == 0:
            durations.append(None)
            continue
        held = sum(times[cohort][now] * truth.holdings[cohort] for cohort in range(cohorts))
        durations.append(held / staked / MAX_DURATION_EPOCHS)
    return durations


def _remaining(hazards: Sequence[float]) -> list[float]:
    """Expected epochs until withdrawal, cut at MAX_DURATION_EPOCHS, for each epoch with that much future.

    A(t) = sum over k = 1..M of s(t) s(t+1) ... s(t+k-1), with s = 1 - hazard; computed backward as
    A(t) = s(t) (1 + A(t+1) - s(t+1) ... s(t+M)).
    """
    horizon = MAX_DURATION_EPOCHS
    decay = [0.0, *accumulate(-log1p(-hazard) for hazard in hazards)]
    last = len(hazards) - horizon
    if last < 0:
        return []
    times = [0.0] * (last + 1)
    times[last] = sum(exp(decay[last] - decay[last + k]) for k in range(1, horizon + 1))
    for now in range(last - 1, -1, -1):
        dropped = exp(decay[now + 1] - decay[now + 1 + horizon])
        times[now] = (1 - hazards[now]) * (1 + times[now + 1] - dropped)
    return times
