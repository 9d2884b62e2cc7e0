import pytest
from hypothesis import given
from hypothesis import strategies as st

from staking_model.labels import (
    HORIZON,
    MAX_DURATION_EPOCHS,
    SPREAD_FLOOR,
    TRAILING,
    exit_events,
    staking_durations,
    trailing_spreads,
)
from staking_model.market import Truth

LENGTH = 120


def constant_truths(hazard: float, epochs: int, held: int = 100) -> list[Truth]:
    return [Truth(stressed=False, holdings=(held,), hazards=(hazard,)) for _ in range(epochs)]


def test_exit_events_calm_series_has_none() -> None:
    events = exit_events([-0.001] * LENGTH, [1000] * LENGTH)
    assert events[: TRAILING - 1] == [None] * (TRAILING - 1)
    assert events[-HORIZON:] == [None] * HORIZON
    assert set(events[TRAILING - 1 : -HORIZON]) == {False}


def test_exit_events_drop_counts_exactly_within_horizon() -> None:
    drop = 80
    premiums = [0.0] * drop + [-0.0031] * (LENGTH - drop)
    events = exit_events(premiums, [1000] * LENGTH)
    assert events[drop - HORIZON - 1] is False
    assert all(events[epoch] is True for epoch in range(drop - HORIZON, drop))
    # once it has fallen, it is at risk only if it falls further
    assert events[drop] is False


def test_exit_events_drop_within_three_floors_is_none() -> None:
    premiums = [0.0] * 80 + [-0.0029] * 40
    assert True not in exit_events(premiums, [1000] * LENGTH)


def test_exit_events_loud_asset_needs_larger_drop() -> None:
    premiums = [0.004 if epoch % 2 else -0.004 for epoch in range(80)] + [-0.0075] * 40
    assert True not in exit_events(premiums, [1000] * LENGTH)


def test_exit_events_outflow_above_five_percent_counts() -> None:
    premiums = [0.0] * LENGTH
    events = exit_events(premiums, [1000] * 80 + [949] * 40)
    assert events[80 - HORIZON] is True
    assert events[80 - HORIZON - 1] is False
    assert True not in exit_events(premiums, [1000] * 80 + [950] * 40)


def test_exit_events_without_totals_looks_at_premium_only() -> None:
    assert True not in exit_events([0.0] * LENGTH, None)


def test_trailing_spreads_quiet_series_is_floored() -> None:
    spreads = trailing_spreads([0.0] * 60)
    assert spreads[TRAILING - 2] is None
    assert spreads[TRAILING - 1] == SPREAD_FLOOR


@given(st.lists(st.floats(-0.1, 0.1), min_size=TRAILING, max_size=TRAILING))
def test_trailing_spreads_any_series_equals_definition(premiums: list[float]) -> None:
    mean = sum(premiums) / TRAILING
    deviation = (sum((premium - mean) ** 2 for premium in premiums) / TRAILING) ** 0.5
    assert trailing_spreads(premiums)[-1] == pytest.approx(max(deviation, SPREAD_FLOOR), abs=1e-6)


def test_staking_durations_nobody_leaves_is_one() -> None:
    durations = staking_durations(constant_truths(0.0, MAX_DURATION_EPOCHS + 2))
    assert durations[:3] == pytest.approx([1.0, 1.0, 1.0])
    assert durations[3:] == [None] * (MAX_DURATION_EPOCHS - 1)


def test_staking_durations_constant_hazard_is_cut_geometric_mean() -> None:
    hazard = 0.01
    stay = 1 - hazard
    expected = stay * (1 - stay**MAX_DURATION_EPOCHS) / hazard / MAX_DURATION_EPOCHS
    durations = staking_durations(constant_truths(hazard, MAX_DURATION_EPOCHS + 50))
    assert durations[0] == pytest.approx(expected, rel=1e-9)
    assert durations[50] == pytest.approx(expected, rel=1e-9)


def test_staking_durations_two_cohorts_are_weighted_by_stake() -> None:
    truths = [Truth(stressed=False, holdings=(300, 100), hazards=(0.0, 0.5)) for _ in range(MAX_DURATION_EPOCHS)]
    # half leave each epoch: one epoch remains on average
    assert staking_durations(truths)[0] == pytest.approx((300 + 100 / MAX_DURATION_EPOCHS) / 400, rel=1e-6)


def test_staking_durations_later_stress_shortens_them() -> None:
    calm, stressed = constant_truths(0.001, 2000), constant_truths(0.001, 2000)
    stressed[500:540] = constant_truths(0.05, 40)
    before, after = staking_durations(calm), staking_durations(stressed)
    assert after[490] < before[490]
    assert after[600] == pytest.approx(before[600])


def test_staking_durations_nothing_staked_is_unknown() -> None:
    assert staking_durations(constant_truths(0.1, MAX_DURATION_EPOCHS, held=0)) == [None] * MAX_DURATION_EPOCHS
    assert staking_durations([]) == []
