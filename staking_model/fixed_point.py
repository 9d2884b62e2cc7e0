"""The network in fixed point, as a circuit computes it up to the rounding of its rescalings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from staking_model.features import FEATURES, WINDOW
from staking_model.network import GATES, FloatArray, Weights, forward, sigmoid

IntegerArray = NDArray[np.int64]


def fixed_point_forward(
    weights: Weights, inputs: IntegerArray, scale_bits: int, prover: np.random.Generator | None = None
) -> IntegerArray:
    """The network on integers.

    Args:
        weights: in circuit form.
        inputs: [N, 32] features at 2^scale_bits.
        scale_bits: of inputs, weights and outputs alike.
        prover: rounds each rescaling up or down at random, as a circuit lets a prover do; None rounds to the nearest.

    Returns:
        Scores [N, 2] at 2^scale_bits.
    """
    one = 1 << scale_bits

    def quantize(values: FloatArray) -> IntegerArray:
        quantized: IntegerArray = np.rint(values * one).astype(np.int64)
        return quantized

    def rescale(values: IntegerArray) -> IntegerArray:
        if prover is not None:
            upward = (prover.random(values.shape) < 0.5) & (values % one != 0)
            rounded: IntegerArray = values // one + upward
            return rounded
        rescaled: IntegerArray = np.rint(values / one).astype(np.int64)
        return rescaled

    def lookup(values: IntegerArray) -> IntegerArray:
        return quantize(sigmoid(values / one))

    gates, gate_bias = quantize(weights.gates), quantize(weights.gate_bias)
    state = np.zeros((inputs.shape[0], weights.hidden), dtype=np.int64)
    cell = np.full_like(state, one // 2)
    for step in range(WINDOW):
        joined = np.concatenate([inputs[:, FEATURES * step : FEATURES * (step + 1)], state], axis=1)
        forget, output, candidate = np.split(lookup(rescale(joined @ gates) + gate_bias), GATES, axis=1)
        cell = candidate + rescale(forget * (cell - candidate))
        state = rescale(output * (lookup(4 * cell - 2 * one) - one // 2))
    return lookup(rescale(state @ quantize(weights.head)) + quantize(weights.head_bias))


def integer_inputs(features: NDArray[np.floating[Any]], scale_bits: int) -> IntegerArray:
    """Features in [-1, 1], multiples of 2^-scale_bits, as the integers that a circuit gets."""
    integers: IntegerArray = np.rint(features.astype(np.float64) * (1 << scale_bits)).astype(np.int64)
    return integers


def brier_cost(weights: Weights, inputs: IntegerArray, event: FloatArray, scale_bits: int) -> float:
    """Relative rise of the exit risk's Brier score that rounding to the nearest makes; below 0 where it falls."""
    exact = forward(weights, inputs / (1 << scale_bits))[:, 1]
    fixed = fixed_point_forward(weights, inputs, scale_bits)[:, 1] / (1 << scale_bits)
    before = float(((exact - event) ** 2).mean())
    return float(((fixed - event) ** 2).mean()) / before - 1


def fixed_point_error(weights: Weights, inputs: IntegerArray, scale_bits: int) -> float:
    """Largest difference that rounding to the nearest makes to a score."""
    exact = forward(weights, inputs / (1 << scale_bits))
    fixed = fixed_point_forward(weights, inputs, scale_bits) / (1 << scale_bits)
    return float(np.abs(fixed - exact).max())


def rounding_spread(weights: Weights, inputs: IntegerArray, scale_bits: int, provers: int, seed: int) -> float:
    """Largest difference between two scores of the same inputs among provers who round at random.

    It is sampled, so it bounds the true spread from below.
    """
    generator = np.random.default_rng(seed)
    runs = [fixed_point_forward(weights, inputs, scale_bits, generator) for _ in range(provers)]
    return float(np.ptp(np.stack(runs), axis=0).max()) / (1 << scale_bits)
