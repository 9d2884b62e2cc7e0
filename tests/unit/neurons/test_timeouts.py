from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.validator.measurements import Measurements
from neurons.validator.timeouts import (
    TimeoutRule,
    expected_seconds,
    hedge_after,
    learned_timeout,
    most_are_late,
    quantile,
)

SECONDS = st.floats(min_value=0, max_value=4000, allow_nan=False)
SAMPLES = st.lists(SECONDS, min_size=1, max_size=60)
RULE = TimeoutRule(floor=5.0, ceiling=60.0, quantile=0.5, margin=2.0, least_samples=3)


MINERS = st.lists(SAMPLES, min_size=1, max_size=9)


def test_learned_timeout_too_few_samples_is_the_ceiling() -> None:
    assert learned_timeout([(1.0,), (1.0,)], RULE) == 60.0
    assert learned_timeout([], RULE) == 60.0


@pytest.mark.parametrize(
    ("by_miner", "timeout"),
    [
        ([(1, 1, 1)], 5.0),
        ([(10, 10, 10)], 20.0),
        ([(1, 10, 1000)], 20.0),
        ([(40, 40, 1)], 60.0),
        ([(9,) * 16, (8,), (1000,) * 16], 18.0),
    ],
)
def test_learned_timeout_is_margin_times_median_of_the_miners_quantiles(
    by_miner: list[tuple[float, ...]], timeout: float
) -> None:
    assert learned_timeout(by_miner, RULE) == timeout


@given(MINERS, st.data())
def test_learned_timeout_fewer_than_half_of_the_miners_move_it_no_further_than_the_others_do(
    others: list[list[float]], data: st.DataObject
) -> None:
    cartel = data.draw(st.lists(SAMPLES, max_size=len(others) - 1))
    least, most = (learned_timeout([samples], RULE_OF_ONE) for samples in (_quickest(others), _slowest(others)))
    assert least <= learned_timeout([*others, *cartel], RULE_OF_ONE) <= most


RULE_OF_ONE = TimeoutRule(floor=5.0, ceiling=60.0, quantile=0.5, margin=2.0, least_samples=1)


def _quickest(by_miner: list[list[float]]) -> list[float]:
    return min(by_miner, key=lambda samples: quantile(samples, RULE_OF_ONE.quantile))


def _slowest(by_miner: list[list[float]]) -> list[float]:
    return max(by_miner, key=lambda samples: quantile(samples, RULE_OF_ONE.quantile))


@given(st.integers(0, 9), st.integers(0, 9))
def test_most_are_late_is_more_than_half_and_more_than_one(late: int, in_time: int) -> None:
    assert most_are_late([True] * late + [False] * in_time) is (late > in_time and late > 1)


@given(SAMPLES, st.floats(0.01, 1))
def test_quantile_is_a_sample_that_enough_samples_do_not_exceed(samples: list[float], part: float) -> None:
    found = quantile(samples, part)
    assert found in samples
    assert sum(sample <= found for sample in samples) >= part * len(samples) - 1e-9


@given(st.lists(SAMPLES, max_size=5), st.floats(0.1, 100), st.floats(0, 1000), st.floats(0.1, 1), st.floats(1, 10))
def test_learned_timeout_any_samples_stay_within_bounds(
    by_miner: list[list[float]], floor: float, above: float, part: float, margin: float
) -> None:
    rule = TimeoutRule(floor=floor, ceiling=floor + above, quantile=part, margin=margin)
    assert floor <= learned_timeout(by_miner, rule) <= floor + above


@given(MINERS)
def test_learned_timeout_slower_samples_never_shorten_it(by_miner: list[list[float]]) -> None:
    slower = [[second + 1 for second in samples] for samples in by_miner]
    assert learned_timeout(slower, RULE) >= learned_timeout(by_miner, RULE)


def test_expected_seconds_nothing_measured_is_unknown() -> None:
    assert expected_seconds(()) is None
    assert expected_seconds((1.0,) * 9 + (50.0,)) == 1.0


@given(st.none() | SECONDS, st.floats(0, 3600))
def test_hedge_after_always_leaves_half_of_the_time(expected: float | None, remaining: float) -> None:
    wait = hedge_after(expected, remaining)
    assert 0 <= wait <= remaining / 2
    assert expected is None or wait <= expected


def test_measurements_one_miners_many_answers_leave_room_for_the_others() -> None:
    kept = Measurements([("c", "slow", 9.0)])
    for _ in range(100):
        kept.add("c", "quick", 1.0)
    assert kept.of_circuit("c") == [(9.0,), (1.0,) * 16]
    assert kept.of_miner("c", "slow") == (9.0,)
    assert kept.of_miner("other", "slow") == ()
    assert kept.of_circuit("c", {"slow", "unknown"}) == [(9.0,)]


def test_measurements_who_has_never_answered_does_not_count() -> None:
    """Miners that cost nothing but their registration could otherwise excuse one that hangs."""
    kept = Measurements([("c", "proven", 1.0)])
    for hotkey in ("a", "b", "c"):
        kept.add_timed_out("c", hotkey, 6.0)
    assert (kept.of_circuit("c"), kept.late("c"), kept.proven("c")) == ([(1.0,)], [False], {"proven"})


def test_measurements_three_answers_after_a_late_one_make_a_miner_punctual_again() -> None:
    kept = Measurements([("c", "m", 1.0)])
    kept.add_timed_out("c", "m", 6.0)
    late = []
    for _ in range(3):
        late.append(kept.late("c"))
        kept.add("c", "m", 8.0)
    assert (late, kept.late("c")) == ([[True]] * 3, [False])
    assert kept.of_miner("c", "m") == (1.0, 8.0, 8.0, 8.0)
