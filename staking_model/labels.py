"""What the model learns: whether a stress event follows.

**Exit risk** is the probability that within the next ``horizon`` epochs either

- the premium falls below its present value by more than ``spread_multiple`` (3) times its own trailing spread: the
  standard deviation of the premium's changes per epoch over the last ``trailing`` epochs, times sqrt(horizon), which is
  how far a random walk of these steps gets; at least 0.001 %, so that an asset at parity is not at risk of dust; or
- more than ``outflow_multiple`` (3) times the trailing spread of net flow, taken likewise from the changes of deposited
  stake as a share of it, and at least 5 % of the stake, is withdrawn, net.

It asks for a *further* widening, not for a level: levels of a discount persist for weeks, so a label on them is
worthless. An asset that has already fallen is at risk only while it goes on falling or stake goes on leaving.

*Onset* is asked separately: no event had been under way over the last ``horizon`` epochs when the forecast was made.
Neighbouring labels overlap; an *episode* is a run of epochs with an event, and what is resampled when one asks how sure
a figure is. Public history knows prices only; outflows exist in the simulator and on our own chain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from staking_model.event_rules import EventRule

Vector = NDArray[np.float64]
Labels = NDArray[np.float64]
"""1 event, 0 none, nan unknown."""


def trailing_spreads(changes: Sequence[float] | Vector, trailing: int) -> Vector:
    """Standard deviation of the last ``trailing`` changes up to and including each; nan where there are fewer."""
    values = np.asarray(changes, dtype=np.float64)
    spreads = np.full(len(values), np.nan)
    if len(values) >= trailing:
        spreads[trailing - 1 :] = np.lib.stride_tricks.sliding_window_view(values, trailing).std(axis=1)
    return spreads


def exit_events(premiums: Sequence[float] | Vector, totals: Sequence[float] | Vector | None, rule: EventRule) -> Labels:
    """Whether a stress event follows each epoch.

    Args:
        premiums: market price over fair rate minus 1, one per epoch.
        totals: deposited stake, any unit, one per epoch; None where unknown: then only the premium counts.
        rule: what counts.

    Returns:
        One per epoch; nan where the past is too short for a spread or the future for the horizon.
    """
    premium = np.asarray(premiums, dtype=np.float64)
    reach = rule.horizon**0.5
    spreads = trailing_spreads(np.diff(premium, prepend=premium[:1]), rule.trailing) * reach
    lowest = future_minimum(premium, rule.horizon)
    # comparing with nan is False: what is unknown is put back at the end
    event = lowest < premium - rule.spread_multiple * np.maximum(spreads, rule.spread_floor)
    if totals is not None:
        stake = np.asarray(totals, dtype=np.float64)
        before = np.concatenate((stake[:1], stake[:-1]))
        flows = np.divide(stake - before, before, out=np.zeros_like(stake), where=before > 0)
        flow_spreads = trailing_spreads(flows, rule.trailing) * reach
        threshold = np.maximum(rule.outflow_multiple * flow_spreads, rule.outflow_floor)
        event |= (future_minimum(stake, rule.horizon) < stake * (1 - threshold)) & (stake > 0)
    unknown = np.isnan(spreads) | np.isnan(lowest)
    return np.where(unknown, np.nan, event.astype(np.float64))


def future_minimum(values: Vector, horizon: int) -> Vector:
    """Smallest of the next ``horizon`` values, the present one left out; nan where there are fewer."""
    lowest = np.full(len(values), np.nan)
    if len(values) > horizon:
        lowest[:-horizon] = np.lib.stride_tricks.sliding_window_view(values[1:], horizon).min(axis=1)
    return lowest


def events_under_way(events: Labels, horizon: int) -> Labels:
    """Whether an event had begun by each epoch: the label ``horizon`` epochs ago, the newest known; 0 where unknown."""
    known = np.concatenate((np.zeros(min(horizon, len(events))), events[: max(len(events) - horizon, 0)]))
    under_way: Labels = np.nan_to_num(known, nan=0.0)
    return under_way


def episode_blocks(events: Labels, horizon: int) -> NDArray[np.int64]:
    """Block of each epoch, to resample by: quiet, then an episode until it has been over for a horizon."""
    blocks = np.zeros(len(events), dtype=np.int64)
    block, since = 0, None
    for index, event in enumerate(events):
        if event == 1:
            since = 0
        elif since is not None:
            since += 1
            if since > horizon:
                block, since = block + 1, None
        blocks[index] = block
    return blocks
