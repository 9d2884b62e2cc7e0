from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from staking_model.features import FEATURES, INPUTS, WINDOW
from staking_model.fixed_point import fixed_point_error, fixed_point_forward, rounding_spread
from staking_model.network import (
    ARGUMENT_LIMIT,
    GATES,
    RECURRENT_LIMIT,
    STATE_LIMIT,
    Weights,
    WeightsError,
    argument_bounds,
    check_weights,
    forward,
    projected,
    quantized,
    random_weights,
    recurrent_bounds,
    sigmoid,
)

LOOKUP_LIMIT = 3.96
HIDDEN = 3
ANY = st.floats(-50, 50, allow_nan=False)


def any_weights(limit: float = 50) -> st.SearchStrategy[Weights]:
    value = st.floats(-limit, limit, allow_nan=False)
    return st.builds(
        Weights,
        gates=arrays(np.float64, (FEATURES + HIDDEN, GATES * HIDDEN), elements=value),
        gate_bias=arrays(np.float64, GATES * HIDDEN, elements=value),
        head=arrays(np.float64, (HIDDEN, 2), elements=value),
        head_bias=arrays(np.float64, 2, elements=value),
    )


def arguments_of(weights: Weights, features: np.ndarray) -> list[np.ndarray]:
    """Every argument that any sigmoid gets, written out once more."""
    hidden, found = weights.hidden, []
    state, cell = np.zeros((len(features), hidden)), np.full((len(features), hidden), 0.5)
    for step in range(WINDOW):
        joined = np.concatenate([features[:, 4 * step : 4 * step + 4], state], axis=1)
        found.append(joined @ weights.gates + weights.gate_bias)
        gates = sigmoid(found[-1])
        forget, output, candidate = gates[:, :hidden], gates[:, hidden : 2 * hidden], gates[:, 2 * hidden :]
        cell = forget * cell + (1 - forget) * candidate
        found.append(4 * cell - 2)
        state = output * (sigmoid(found[-1]) - 0.5)
    found.append(state @ weights.head + weights.head_bias)
    return found


def interval_arguments(weights: Weights) -> float:
    """Largest argument by interval arithmetic over all features in [-1, 1], without the convexity argument."""
    hidden = weights.hidden
    state = np.zeros((2, hidden))
    cell = np.full((2, hidden), 0.5)
    largest = 0.0
    for _ in range(WINDOW):
        low = np.concatenate([-np.ones(FEATURES), state[0]])
        high = np.concatenate([np.ones(FEATURES), state[1]])
        products = np.stack([low[:, None] * weights.gates, high[:, None] * weights.gates])
        arguments = np.stack([products.min(0).sum(0), products.max(0).sum(0)]) + weights.gate_bias
        gates = sigmoid(arguments)
        candidate = gates[:, 2 * hidden :]
        output = gates[:, hidden : 2 * hidden]
        # a mix of cell and candidate lies between the smaller and the larger of them, whatever the forget gate
        cell = np.stack([np.minimum(cell[0], candidate[0]), np.maximum(cell[1], candidate[1])])
        inner = 4 * cell - 2
        shifted = sigmoid(inner) - 0.5
        corners = np.stack([output[i] * shifted[j] for i in (0, 1) for j in (0, 1)])
        state = np.stack([corners.min(0), corners.max(0)])
        largest = max(largest, float(np.abs(arguments).max()), float(np.abs(inner).max()))
    products = np.stack([state[0][:, None] * weights.head, state[1][:, None] * weights.head])
    scores = np.stack([products.min(0).sum(0), products.max(0).sum(0)]) + weights.head_bias
    return max(largest, float(np.abs(scores).max()))


@settings(max_examples=60)
@given(any_weights())
def test_projected_any_weights_interval_arithmetic_stays_inside_lookup(weights: Weights) -> None:
    inside = quantized(projected(weights))
    check_weights(inside)
    assert interval_arguments(inside) < LOOKUP_LIMIT
    assert float(recurrent_bounds(inside).max()) <= RECURRENT_LIMIT + 1e-9


@settings(max_examples=60)
@given(any_weights(), arrays(np.float64, (4, INPUTS), elements=st.floats(-1, 1) | st.sampled_from([-1.0, 1.0])))
def test_forward_any_features_arguments_stay_inside_lookup(weights: Weights, features: np.ndarray) -> None:
    inside = projected(weights)
    assert max(float(np.abs(argument).max()) for argument in arguments_of(inside, features)) < LOOKUP_LIMIT


@settings(max_examples=30)
@given(any_weights(limit=0.4))
def test_projected_weights_inside_limits_are_unchanged(weights: Weights) -> None:
    same = projected(weights)
    for name in ("gates", "gate_bias", "head", "head_bias"):
        np.testing.assert_array_equal(getattr(same, name), getattr(weights, name))


def test_forward_random_weights_equals_written_out_lstm() -> None:
    weights = random_weights(8, seed=3)
    features = np.random.default_rng(3).uniform(-1, 1, (20, INPUTS))
    np.testing.assert_allclose(forward(weights, features), sigmoid(arguments_of(weights, features)[-1]), atol=1e-12)


def test_forward_wrong_shape_raises() -> None:
    with pytest.raises(WeightsError, match="expected"):
        forward(random_weights(2, seed=1), np.zeros((1, 31)))


def test_argument_bounds_known_weights_counts_hidden_by_its_limit() -> None:
    weights = Weights(
        gates=np.full((FEATURES + 1, GATES), 1.0),
        gate_bias=np.full(GATES, -0.25),
        head=np.full((1, 2), 2.0),
        head_bias=np.zeros(2),
    )
    gates, head = argument_bounds(weights)
    assert gates.tolist() == pytest.approx([4.25 + STATE_LIMIT] * 3)
    assert head.tolist() == pytest.approx([2 * STATE_LIMIT] * 2)


def test_check_weights_beyond_limit_raises() -> None:
    weights = random_weights(2, seed=1)
    with pytest.raises(WeightsError, match=f"more than {ARGUMENT_LIMIT}"):
        check_weights(replace(weights, head_bias=np.array([9.0, 0.0])))


def test_check_weights_not_finite_raises() -> None:
    with pytest.raises(WeightsError, match="not finite"):
        check_weights(replace(random_weights(2, seed=1), head_bias=np.array([np.nan, 0.0])))


def test_check_weights_wrong_shape_raises() -> None:
    with pytest.raises(WeightsError, match="gate_bias has shape"):
        check_weights(replace(random_weights(2, seed=1), gate_bias=np.zeros(5)))


def test_fixed_point_forward_twelve_bits_is_close_to_float() -> None:
    weights = quantized(random_weights(8, seed=5))
    inputs = np.random.default_rng(5).integers(-4096, 4097, (50, INPUTS))
    assert fixed_point_error(weights, inputs, 12) < 0.005
    outputs = fixed_point_forward(weights, inputs, 12)
    assert outputs.min() >= 0
    assert outputs.max() <= 4096


def test_rounding_spread_many_provers_is_small_but_not_zero() -> None:
    weights = quantized(random_weights(8, seed=5))
    inputs = np.random.default_rng(5).integers(-2048, 2049, (50, INPUTS))
    spread = rounding_spread(weights, inputs, 11, provers=5, seed=1)
    assert 0 < spread < 0.02
    assert spread == rounding_spread(weights, inputs, 11, provers=5, seed=1)
