"""The network in fixed point, as a circuit computes it up to the rounding of its rescalings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from staking_model.features import FEATURES, WINDOW
from staking_model.network import GATES, FloatArray, Weights, sigmoid

IntegerArray = NDArray[np.int64]


def fixed_point_forward(weights: Weights, inputs: IntegerArray, scale_bits: int) -> IntegerArray:
    """The network on integers, every rescaling and table entry rounded to the nearest.

    Args:
        weights: in circuit form.
        inputs: [N, 32] features at 2^scale_bits.
        scale_bits: of inputs, weights and outputs alike.

    Returns:
        Scores [N, 2] at 2^scale_bits.
    """
    one = 1 << scale_bits

    def quantize(values: FloatArray) -> IntegerArray:
        quantized: IntegerArray = np.rint(values * one).astype(np.int64)
        return quantized

    def rescale(values: IntegerArray) -> IntegerArray:
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


def fixed_point_error(weights: Weights, scores: FloatArray, inputs: IntegerArray, scale_bits: int) -> float:
    """Largest difference between fixed-point scores and the given ones."""
    fixed = fixed_point_forward(weights, inputs, scale_bits) / (1 << scale_bits)
    return float(np.abs(fixed - scores).max())
