from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.validator.measurements import Measurements
from neurons.validator.timeouts import TimeoutRule, expected_seconds, hedge_after, learned_timeout, quantile

SECONDS = st.floats(min_value=0, max_value=4000, allow_nan=False)
SAMPLES = st.lists(SECONDS, min_size=1, max_size=60)
RULE = TimeoutRule(floor=5.0, ceiling=60.0, quantile=0.5, margin=2.0, least_samples=3)


def test_learned_timeout_too_few_samples_is_the_ceiling() -> None:
    assert learned_timeout((1.0, 1.0), RULE) == 60.0
    assert learned_timeout((), RULE) == 60.0


@pytest.mark.parametrize(
    ("samples", "timeout"), [((1, 1, 1), 5.0), ((10, 10, 10), 20.0), ((1, 10, 1000), 20.0), ((40, 40, 1), 60.0)]
)
def test_learned_timeout_is_margin_times_quantile_within_bounds(samples: tuple[float, ...], timeout: float) -> None:
    assert learned_timeout(samples, RULE) == timeout


@given(SAMPLES, st.floats(0.01, 1))
def test_quantile_is_a_sample_that_enough_samples_do_not_exceed(samples: list[float], part: float) -> None:
    found = quantile(samples, part)
    assert found in samples
    assert sum(sample <= found for sample in samples) >= part * len(samples) - 1e-9


@given(st.lists(SECONDS, max_size=60), st.floats(0.1, 100), st.floats(0, 1000), st.floats(0.1, 1), st.floats(1, 10))
def test_learned_timeout_any_samples_stay_within_bounds(
    samples: list[float], floor: float, above: float, part: float, margin: float
) -> None:
    rule = TimeoutRule(floor=floor, ceiling=floor + above, quantile=part, margin=margin)
    assert floor <= learned_timeout(samples, rule) <= floor + above


@given(SAMPLES)
def test_learned_timeout_slower_samples_never_shorten_it(samples: list[float]) -> None:
    assert learned_timeout([second + 1 for second in samples], RULE) >= learned_timeout(samples, RULE)


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
    assert 9.0 in kept.of_circuit("c")
    assert len(kept.of_circuit("c")) == 17
    assert kept.of_miner("c", "slow") == (9.0,)
    assert kept.of_miner("other", "slow") == ()
