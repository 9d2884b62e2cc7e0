import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staking_model.drift import LARGE_INDEX, Verdict, feature_ranges, measure_drift, stability_index
from staking_model.features import FEATURE_NAMES, INPUTS, WINDOW

SCALE = 4096


def inputs_of(random: np.random.Generator, rows: int, spread: float) -> np.ndarray:
    """Windows of fixed-point features; the flow is mostly zero, as it is where nobody moves."""
    values = np.clip(random.normal(0, spread, (rows, WINDOW, 4)), -0.9, 0.9)
    values[:, :, 2] *= random.uniform(size=(rows, WINDOW)) < 0.2
    return (np.trunc(values * SCALE) / SCALE).reshape(rows, INPUTS)


@pytest.fixture(scope="module")
def training() -> np.ndarray:
    return inputs_of(np.random.default_rng(1), 2000, 0.2)


def test_feature_ranges_of_training_are_in_circuit_order_and_describe_it(training: np.ndarray) -> None:
    ranges = feature_ranges(training)
    assert tuple(known.name for known in ranges) == FEATURE_NAMES
    premium = training.reshape(-1, 4)[:, 0]
    assert (ranges[0].minimum, ranges[0].maximum) == pytest.approx((premium.min(), premium.max()), abs=1e-6)
    assert ranges[0].p01 == pytest.approx(np.quantile(premium, 0.01), abs=1 / SCALE)
    assert ranges[0].clipped_share == 0
    # eight tenths of the flow are zero, which is one edge with that share
    at_zero = ranges[2].shares[2 * ranges[2].edges.index(0.0) + 1]
    assert at_zero == pytest.approx(0.8, abs=0.02)
    assert all(sum(known.shares) == pytest.approx(1) for known in ranges)


def test_measure_drift_training_itself_has_none(training: np.ndarray) -> None:
    for drift in measure_drift(training, feature_ranges(training)):
        assert drift.verdict is Verdict.IN_RANGE
        assert drift.stability_index == 0
        assert drift.outside_share == 0
        assert drift.tail_share <= 0.021


def test_measure_drift_fresh_sample_of_the_same_is_in_range(training: np.ndarray) -> None:
    fresh = inputs_of(np.random.default_rng(2), 400, 0.15)
    same = inputs_of(np.random.default_rng(3), 400, 0.2)
    low, high = training.min(), training.max()
    drifts = measure_drift(np.clip(same, low / 2, high / 2), feature_ranges(training))
    assert all(drift.outside_share == 0 for drift in drifts)
    assert all(drift.stability_index is not None and drift.stability_index < 0.1 for drift in drifts)
    assert all(drift.stability_index > 0.02 for drift in measure_drift(fresh, feature_ranges(training))[:1])


def test_measure_drift_shifted_feature_alone_is_flagged(training: np.ndarray) -> None:
    live = inputs_of(np.random.default_rng(4), 100, 0.1).reshape(-1, 4)
    live[:, 0] += 0.25
    drifts = measure_drift(live.reshape(-1, INPUTS), feature_ranges(training))
    assert drifts[0].verdict is Verdict.SHIFTED
    assert drifts[0].stability_index is not None
    assert drifts[0].stability_index > LARGE_INDEX
    assert drifts[2].verdict is Verdict.IN_RANGE


def test_measure_drift_clipped_and_outside_values_are_told_apart(training: np.ndarray) -> None:
    wide = training.copy()
    wide[::10, 0::4] = 1.0
    live = training[:50].copy()
    live[-1, -4:] = (-1.0, 0.0, 0.0, 0.0)
    known = feature_ranges(training)
    assert measure_drift(live, known)[0].verdict is Verdict.OUTSIDE
    assert measure_drift(live, known)[0].newest == -1.0
    clipped = live.copy()
    clipped[:, -4] = 1.0
    clipped[:, -8] = 1.0
    clipped[-1, -4] = 1.0
    drift = measure_drift(clipped, feature_ranges(wide))[0]
    assert drift.clipped_share == pytest.approx(0.25)
    assert drift.verdict is Verdict.CLIPPED
    assert measure_drift(wide, feature_ranges(wide))[0].verdict is Verdict.IN_RANGE


def test_measure_drift_few_values_give_no_index(training: np.ndarray) -> None:
    (drift, *_) = measure_drift(training[:1], feature_ranges(training))
    assert drift.stability_index is None


@given(st.lists(st.integers(-SCALE, SCALE), min_size=1, max_size=60), st.integers(0, 2**32 - 1))
def test_stability_index_any_values_is_finite_and_not_negative(values: list[int], seed: int) -> None:
    known = feature_ranges(inputs_of(np.random.default_rng(seed), 5, 0.3))
    for feature in known:
        index = stability_index(np.asarray(values) / SCALE, feature)
        assert np.isfinite(index)
        assert index >= -1e-12
