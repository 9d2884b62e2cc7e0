import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staking_model.event_rules import EventRule
from staking_model.labels import (
    episode_blocks,
    events_under_way,
    exit_events,
    future_minimum,
    trailing_spreads,
)

RULE = EventRule(horizon=4, trailing=10)
LENGTH = 40
QUIET = np.zeros(LENGTH)


def loud(amplitude: float) -> np.ndarray:
    """A premium that jumps to and fro: its changes deviate by 2 amplitude, over the horizon of 4 by 4 amplitude."""
    return np.asarray([amplitude if epoch % 2 else -amplitude for epoch in range(LENGTH)])


def test_exit_events_too_short_past_or_future_is_unknown() -> None:
    events = exit_events(QUIET, None, RULE)
    assert np.isnan(events[: RULE.trailing - 1]).all()
    assert np.isnan(events[-RULE.horizon :]).all()
    assert (events[RULE.trailing - 1 : -RULE.horizon] == 0).all()


def test_exit_events_drop_counts_exactly_within_horizon() -> None:
    premiums = np.where(np.arange(LENGTH) < 20, 0.0, -0.001)
    events = exit_events(premiums, None, RULE)
    assert events[20 - RULE.horizon - 1] == 0
    assert (events[20 - RULE.horizon : 20] == 1).all()
    # once it has fallen, it is at risk only if it falls further
    assert events[20] == 0


def test_exit_events_quiet_asset_needs_more_than_three_floors() -> None:
    step = np.arange(LENGTH) >= 20
    assert 1 not in exit_events(step * -2.9e-5, None, RULE)
    assert 1 in exit_events(step * -3.1e-5, None, RULE)


def test_exit_events_loud_asset_needs_three_spreads_over_the_horizon() -> None:
    premiums = loud(0.001)
    spread = 0.002 * RULE.horizon**0.5
    for multiple, expected in ((2.9, False), (3.1, True)):
        falling = premiums.copy()
        falling[22:] = premiums[21] - multiple * spread
        assert bool(exit_events(falling, None, RULE)[21] == 1) is expected


def test_exit_events_outflow_above_five_percent_counts() -> None:
    stake = np.where(np.arange(LENGTH) < 20, 1000.0, 949.0)
    events = exit_events(QUIET, stake, RULE)
    assert events[20 - RULE.horizon] == 1
    assert events[20 - RULE.horizon - 1] == 0
    assert 1 not in exit_events(QUIET, np.where(stake < 1000, 951.0, stake), RULE)


def test_exit_events_outflow_of_a_restless_asset_is_measured_by_its_own_spread() -> None:
    # changes of about 4 % an epoch: three spreads over the horizon are about 24 %
    stake = 1000 * (1 + loud(0.02))
    stake[22:] = 0.9 * stake[21]
    assert exit_events(QUIET, stake, RULE)[21] == 0
    stake[22:] = 0.7 * stake[21]
    assert exit_events(QUIET, stake, RULE)[21] == 1


def test_exit_events_first_deposit_and_empty_stake_are_no_flow() -> None:
    stake = np.where(np.arange(LENGTH) < 12, 0.0, 1000.0)
    assert 1 not in exit_events(QUIET, stake, RULE)


@given(st.lists(st.floats(-0.1, 0.1), min_size=12, max_size=12))
def test_trailing_spreads_any_series_equals_definition(changes: list[float]) -> None:
    spreads = trailing_spreads(changes, 10)
    assert np.isnan(spreads[:9]).all()
    newest = changes[-10:]
    mean = sum(newest) / 10
    assert spreads[-1] == pytest.approx((sum((c - mean) ** 2 for c in newest) / 10) ** 0.5, abs=1e-12)


def test_future_minimum_leaves_the_present_out() -> None:
    found = future_minimum(np.asarray([0.0, 3.0, 2.0, 5.0, 4.0]), 2)
    assert found[:3].tolist() == [2.0, 2.0, 4.0]
    assert np.isnan(found[3:]).all()


def test_events_under_way_is_the_newest_label_known() -> None:
    events = np.asarray([np.nan, 1.0, 0.0, 1.0, 0.0])
    assert events_under_way(events, 2).tolist() == [0, 0, 0, 1, 0]
    assert events_under_way(events[:1], 2).tolist() == [0]


def test_episode_blocks_episodes_less_than_a_horizon_apart_are_one() -> None:
    events = np.asarray([0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0], dtype=np.float64)
    assert episode_blocks(events, 2).tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
