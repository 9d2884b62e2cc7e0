from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.validator.scoring import (
    TimeBounds,
    score_after_failure,
    score_after_success,
    time_bounds,
    time_fraction,
)
from neurons.validator.scoring_output import (
    OutputWeights,
    accuracy_of,
    circuit_time_fraction,
    output_fraction,
    size_fraction,
)

SECONDS = st.floats(min_value=0, max_value=3600, allow_nan=False)


def test_time_bounds_no_or_one_sample_are_zero_and_sixty() -> None:
    assert time_bounds({}, (), 100) == TimeBounds(fastest=0.0, slowest=60.0)
    assert time_bounds({"a": 5.0}, (5.0,), 100) == TimeBounds(fastest=0.0, slowest=60.0)


def test_time_bounds_short_timeout_limits_the_slowest() -> None:
    assert time_bounds({}, (), 20) == TimeBounds(fastest=0.0, slowest=20.0)
    assert time_bounds({"a": 5.0}, (5.0, 50.0), 20) == TimeBounds(fastest=5.0, slowest=20.0)


def test_time_bounds_equal_samples_are_one_second_apart() -> None:
    assert time_bounds({"a": 5.0}, (5.0, 5.0), 100) == TimeBounds(fastest=5.0, slowest=6.0)


def test_time_bounds_many_samples_take_median_of_slowest_twentieth() -> None:
    successes = [float(second) for second in range(1, 61)]
    assert time_bounds({"a": 7.0, "b": 3.0}, successes, 100) == TimeBounds(fastest=3.0, slowest=59.0)


@given(st.dictionaries(st.text(max_size=2), SECONDS, min_size=1), st.lists(SECONDS), SECONDS)
def test_time_bounds_any_samples_are_at_least_a_second_apart(
    latest: dict[str, float], successes: list[float], timeout: float
) -> None:
    bounds = time_bounds(latest, successes, timeout)
    # fastest + 1 - fastest may miss 1 by a rounding
    assert bounds.slowest - bounds.fastest >= 1 - 1e-9


@pytest.mark.parametrize(
    ("seconds", "fraction"),
    [
        # by hand from the formula, to fifteen places: tan(.45 pi) = 6.313751514675044
        (0.0, 1.0),
        (25.0, 0.5 + math.tan(0.225 * math.pi) / (2 * math.tan(0.45 * math.pi))),
        (50.0, 0.5),
        (99.0, 0.5 - math.tan(0.441 * math.pi) / (2 * math.tan(0.45 * math.pi))),
        (100.0, 0.5 - math.tan(0.441 * math.pi) / (2 * math.tan(0.45 * math.pi))),
        (1000.0, 0.5 - math.tan(0.441 * math.pi) / (2 * math.tan(0.45 * math.pi))),
    ],
)
def test_time_fraction_known_times_give_known_fractions(seconds: float, fraction: float) -> None:
    bounds = TimeBounds(fastest=0.0, slowest=100.0)
    assert time_fraction(seconds, bounds) == pytest.approx(fraction, abs=1e-14)


@given(SECONDS, SECONDS)
def test_time_fraction_faster_never_earns_less(one: float, other: float) -> None:
    bounds = TimeBounds(fastest=1.0, slowest=60.0)
    quick, slow = sorted((one, other))
    assert 0 < time_fraction(slow, bounds) <= time_fraction(quick, bounds) <= 1


def test_score_after_success_moves_a_tenth_of_the_way() -> None:
    assert score_after_success(0.0, 1.0, 4) == 0.1 * 0.25
    assert score_after_success(0.25, 1.0, 4) == 0.25


def test_score_after_failure_loses_four_tenths() -> None:
    assert score_after_failure(1.0) == 0.6


@given(st.lists(st.booleans(), max_size=60), st.integers(min_value=1, max_value=256))
def test_scores_any_history_stay_within_bounds(history: list[bool], miners: int) -> None:
    score = 0.0
    for verified in history:
        score = score_after_success(score, 1.0, miners) if verified else score_after_failure(score)
        assert 0 <= score <= 1 / miners + 1e-12


def test_circuit_time_fraction_agrees_with_the_published_polynomial_at_its_ends() -> None:
    bounds = TimeBounds(fastest=0.0, slowest=1.0)
    assert circuit_time_fraction(0.0, bounds) == pytest.approx(1.0, abs=1e-8)
    # x = .5: 1 - (.41735537 + 10/121)
    assert circuit_time_fraction(0.5, bounds) == 1 - (0.41735537 + 20 / 121 * 0.5)


@given(SECONDS, SECONDS)
def test_circuit_time_fraction_faster_never_earns_less(one: float, other: float) -> None:
    bounds = TimeBounds(fastest=1.0, slowest=60.0)
    quick, slow = sorted((one, other))
    assert circuit_time_fraction(slow, bounds) <= circuit_time_fraction(quick, bounds) + 1e-12


UNIT = st.floats(0, 1)
WEIGHTS = st.builds(OutputWeights, *[st.floats(0.01, 10)] * 4)


@given(WEIGHTS, UNIT, st.integers(0, 10**6), UNIT, UNIT)
def test_output_fraction_any_evidence_stays_within_zero_and_one(
    weights: OutputWeights, accuracy: float, size: int, time: float, delivered: float
) -> None:
    found = output_fraction(weights, accuracy=accuracy, proof_bytes=size, time=time, delivered=delivered)
    assert 0 <= found <= 1 + 1e-12
    assert output_fraction(weights, accuracy=0.0, proof_bytes=size, time=time, delivered=delivered) == 0


@given(WEIGHTS, UNIT, UNIT, UNIT, st.integers(0, 10**6), st.integers(0, 10**6))
def test_output_fraction_better_in_one_part_never_earns_less(
    weights: OutputWeights, low: float, high: float, rest: float, small: int, large: int
) -> None:
    low, high = sorted((low, high))
    small, large = sorted((small, large))
    same = {"accuracy": rest, "proof_bytes": small, "time": rest, "delivered": rest}
    for part in ("accuracy", "time", "delivered"):
        worse, better = (
            output_fraction(weights, **(same | {part: low})),
            output_fraction(weights, **(same | {part: high})),
        )
        assert worse <= better + 1e-12
    assert output_fraction(weights, **(same | {"proof_bytes": large})) <= output_fraction(weights, **same) + 1e-12


def test_accuracy_of_error_within_the_circuits_own_is_none() -> None:
    assert accuracy_of([0.5, 0.5], [0.49, 0.52], tolerance=0.02) == 1.0
    assert accuracy_of([1.0], [0.0], tolerance=0.0) == pytest.approx(math.exp(-1))
    assert accuracy_of([1.0], [0.0], tolerance=0.5) == pytest.approx(math.exp(-0.25))


def test_size_fraction_half_at_its_named_size() -> None:
    assert (size_fraction(0), size_fraction(8192)) == (1.0, 0.5)
