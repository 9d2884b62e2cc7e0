"""The network: an LSTM with coupled input and forget gates, in the form that the circuit has.

With x_t the four features of epoch t, per hidden unit (Greff et al. 2017, "LSTM: A Search Space Odyssey", variant CIFG;
the input gate is 1 - f):

    f_t = sigmoid(W_f [x_t, h_{t-1}] + b_f)                 forget gate
    o_t = sigmoid(W_o [x_t, h_{t-1}] + b_o)                 output gate
    g_t = sigmoid(W_g [x_t, h_{t-1}] + b_g)                 candidate, shifted: tanh is 2 sigmoid(2x) - 1
    c_t = g_t + f_t (c_{t-1} - g_t),  c_0 = 1/2             cell, shifted likewise
    h_t = o_t (sigmoid(4 c_t - 2) - 1/2),  h_0 = 0          half of o_t tanh(2 c_t - 1)
    scores = sigmoid(W_s h_8 + b_s)                         staking duration, exit risk

Shifting by 1/2 and halving h (its weights count twice) leaves one lookup table (sigmoid) and two products per step,
each of which costs a rescaling in the circuit; everything else is an addition.

**Every argument of a sigmoid lies in (-3.96, 3.96)**, the circuit's lookup range, for any features in [-1, 1]:

1. f, o, g are sigmoids, hence in (0, 1); c_t is a convex combination of c_{t-1} and g_t, hence in (0, 1) by induction
   from 1/2. So 4 c_t - 2 lies in (-2, 2), and |h_t| < sigmoid(2) - 1/2 = 0.38080.
2. In the circuit the same holds of integers: f (c - g) lies between 0 and c - g, which are both integers, so its
   quotient, rounded either way, does too; 4 c - 2 is exact; the table's rounding and that of the last product add at
   most one and a half units of 2^-12 to |h|, so |h_t| < STATE_LIMIT = 0.3812.
3. A gate's argument is at most sum|W_x| + STATE_LIMIT sum|W_h| + |b|; a score's at most STATE_LIMIT sum|W_s| + |b|.
   Training projects each of these to at most 3.95, :func:`argument_bounds` states them, and export refuses weights
   beyond it. Weights are on the circuit's grid, so the rest of the way to 3.96 holds the roundings of each sum, at most
   two of 2^-12.

A circuit may round each quotient up or down. Recurrent weights, the forget gate and the risk's head are held down
besides, so that this freedom cannot grow far from step to step: training keeps a worst-case estimate of it small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from staking_model.features import FEATURES, INPUTS, WINDOW
from statements.errors import VeristakeError

FloatArray = NDArray[np.float64]

ARGUMENT_LIMIT: Final = 3.95
"""Largest argument that weights may give any sigmoid."""
STATE_LIMIT: Final = 0.3812
"""No hidden state exceeds it, rounding included."""
RECURRENT_LIMIT: Final = 1.0
"""Largest part of a gate's argument that may come from the hidden state."""
WEIGHT_SCALE_BITS: Final = 12
"""Weights are multiples of 2^-12, so that a circuit at this scale holds exactly the exported ones."""
OUTPUTS: Final = 2
"""Staking duration, exit risk."""
GATES: Final = 3
"""Forget, output, candidate: the order of the gate columns."""


class WeightsError(VeristakeError):
    """Weights that the circuit cannot hold."""


@dataclass(frozen=True)
class Weights:
    """Weights in circuit form; ``H`` hidden units.

    Attributes:
        gates: [FEATURES + H, 3 H]; rows are features then hidden units, columns forget, output, candidate.
        gate_bias: [3 H].
        head: [H, 2].
        head_bias: [2].
    """

    gates: FloatArray
    gate_bias: FloatArray
    head: FloatArray
    head_bias: FloatArray

    @property
    def hidden(self) -> int:
        """Hidden units."""
        return int(self.head.shape[0])


def argument_bounds(weights: Weights) -> tuple[FloatArray, FloatArray]:
    """Largest magnitude of each gate's argument [3 H] and each score's [2], for features in [-1, 1]."""
    magnitude = np.abs(weights.gates)
    gates = magnitude[:FEATURES].sum(0) + STATE_LIMIT * magnitude[FEATURES:].sum(0) + np.abs(weights.gate_bias)
    head = STATE_LIMIT * np.abs(weights.head).sum(0) + np.abs(weights.head_bias)
    return gates, head


def recurrent_bounds(weights: Weights) -> FloatArray:
    """Largest magnitude of what the hidden state adds to each gate's argument [3 H]."""
    bounds: FloatArray = STATE_LIMIT * np.abs(weights.gates[FEATURES:]).sum(0)
    return bounds


def projected(weights: Weights) -> Weights:
    """The weights with every unit that exceeds a limit scaled down to it."""
    gates = weights.gates.copy()
    gates[FEATURES:] *= _shrink(recurrent_bounds(weights), RECURRENT_LIMIT)
    inside = replace(weights, gates=gates)
    gate_bounds, head_bounds = argument_bounds(inside)
    shrink_gates = _shrink(gate_bounds, ARGUMENT_LIMIT)
    shrink_head = _shrink(head_bounds, ARGUMENT_LIMIT)
    return Weights(
        gates=gates * shrink_gates,
        gate_bias=weights.gate_bias * shrink_gates,
        head=weights.head * shrink_head,
        head_bias=weights.head_bias * shrink_head,
    )


def _shrink(bounds: FloatArray, limit: float) -> FloatArray:
    factors: FloatArray = np.minimum(1.0, limit / np.maximum(bounds, 1e-12))
    return factors


def quantized(weights: Weights) -> Weights:
    """The weights on the grid 2^-WEIGHT_SCALE_BITS, truncated toward zero so that no bound grows."""
    grid = float(1 << WEIGHT_SCALE_BITS)

    def snap(values: FloatArray) -> FloatArray:
        snapped: FloatArray = np.trunc(values * grid) / grid
        return snapped

    return Weights(
        gates=snap(weights.gates),
        gate_bias=snap(weights.gate_bias),
        head=snap(weights.head),
        head_bias=snap(weights.head_bias),
    )


def check_weights(weights: Weights) -> None:
    """Refuse weights that could leave the circuit's lookup range.

    Raises:
        WeightsError: a shape is not the network's, a value is not finite, or an argument bound exceeds the limit.
    """
    hidden = weights.hidden
    expected = {
        "gates": (FEATURES + hidden, GATES * hidden),
        "gate_bias": (GATES * hidden,),
        "head": (hidden, OUTPUTS),
        "head_bias": (OUTPUTS,),
    }
    for name, shape in expected.items():
        values: FloatArray = getattr(weights, name)
        if values.shape != shape:
            raise WeightsError(f"{name} has shape {values.shape}, expected {shape}")
        if not np.isfinite(values).all():
            raise WeightsError(f"{name} holds values that are not finite", remedy="Train with a lower learning rate")
    largest = max(float(bounds.max()) for bounds in argument_bounds(weights))
    if largest > ARGUMENT_LIMIT + 1e-9:
        raise WeightsError(
            f"a sigmoid's argument can reach {largest:.3f}, more than {ARGUMENT_LIMIT}",
            remedy="Project the weights before exporting them",
        )


def random_weights(hidden: int, seed: int) -> Weights:
    """Untrained weights within the bounds, for circuits under test and as training's start."""
    generator = np.random.default_rng(seed)
    return projected(
        Weights(
            gates=generator.normal(0, 0.6, (FEATURES + hidden, GATES * hidden)),
            # the cell starts by remembering for a few epochs (Jozefowicz et al. 2015)
            gate_bias=np.concatenate([np.full(hidden, 1.0), np.zeros(2 * hidden)]),
            head=generator.normal(0, 1.0, (hidden, OUTPUTS)),
            head_bias=np.zeros(OUTPUTS),
        )
    )


def sigmoid(values: FloatArray) -> FloatArray:
    """1 / (1 + exp(-x))."""
    return np.asarray(1.0 / (1.0 + np.exp(-values)), dtype=np.float64)


def forward(weights: Weights, features: FloatArray) -> FloatArray:
    """The network in float64.

    Args:
        weights: in circuit form.
        features: [N, 32] in [-1, 1], epoch by epoch from the oldest.

    Returns:
        Scores [N, 2] in (0, 1): staking duration over MAX_DURATION, exit risk.
    """
    if features.ndim != 2 or features.shape[1] != INPUTS:
        raise WeightsError(f"features have shape {features.shape}, expected (N, {INPUTS})")
    hidden = weights.hidden
    state = np.zeros((features.shape[0], hidden))
    cell = np.full((features.shape[0], hidden), 0.5)
    for step in range(WINDOW):
        joined = np.concatenate([features[:, FEATURES * step : FEATURES * (step + 1)], state], axis=1)
        forget, output, candidate = np.split(sigmoid(joined @ weights.gates + weights.gate_bias), GATES, axis=1)
        cell = candidate + forget * (cell - candidate)
        state = output * (sigmoid(4 * cell - 2) - 0.5)
    scores: FloatArray = sigmoid(state @ weights.head + weights.head_bias)
    return scores
