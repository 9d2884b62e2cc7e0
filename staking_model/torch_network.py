"""The network with gradients, in the circuit's fixed point: what training optimises."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from staking_model.features import FEATURES, WINDOW
from staking_model.network import ARGUMENT_LIMIT, GATES, STATE_LIMIT, WEIGHT_SCALE_BITS, FloatArray, Weights, projected

ONE = float(1 << WEIGHT_SCALE_BITS)


def on_grid(values: Tensor) -> Tensor:
    """Values rounded to the circuit's fixed point; gradients pass straight through (Bengio et al. 2013)."""
    rounded: Tensor = values + (torch.round(values * ONE) / ONE - values).detach()
    return rounded


class TorchNetwork(torch.nn.Module):
    """:func:`staking_model.network.forward` with gradients; returns the arguments of the two last sigmoids.

    Weights and every rescaled product or table entry are rounded as in the circuit, to the nearest.

    Args:
        weights: to start from.
        quantized: False leaves out all rounding.
    """

    def __init__(self, weights: Weights, *, quantized: bool = True) -> None:
        super().__init__()
        self.gates = _parameter(weights.gates)
        self.gate_bias = _parameter(weights.gate_bias)
        self.head = _parameter(weights.head)
        self.head_bias = _parameter(weights.head_bias)
        self._quantized = quantized

    def forward(self, features: Tensor) -> Tensor:
        """Logits [N, 2] of features [N, 32]."""
        snap = self._snap
        gate_weights, gate_bias = snap(self.gates), snap(self.gate_bias)
        state = features.new_zeros((features.shape[0], self.head.shape[0]))
        cell = torch.full_like(state, 0.5)
        for step in range(WINDOW):
            joined = torch.cat([features[:, FEATURES * step : FEATURES * (step + 1)], state], dim=1)
            gates = snap(torch.sigmoid(snap(joined @ gate_weights) + gate_bias))
            forget, output, candidate = torch.chunk(gates, GATES, dim=1)
            cell = candidate + snap(forget * (cell - candidate))
            state = snap(output * (snap(torch.sigmoid(4 * cell - 2)) - 0.5))
        logits: Tensor = snap(state @ snap(self.head)) + snap(self.head_bias)
        return logits

    def rounding_band(self) -> Tensor:
        """A smooth estimate [2] of how far apart two valid proofs of one input can lie, in units of the last place.

        For training only: the bound of a build is that of ``verifier_gen.rounding_band``. Of a rescaled product two
        provers take quotients that differ by one unit at most. A sigmoid's slope is at most 1/4 and its table's entries
        are rounded to the nearest, so arguments that differ by d units give entries that differ by at most ceil(d / 4),
        which 1 + (d - 1) / 4 never falls below. Of sigmoid(4 c - 2) the slope in c is at most 1, so there it is d.
        """
        recurrent = self.gates[FEATURES:].abs()
        hidden = self.head.shape[0]
        reach = self.gates[:FEATURES].abs().sum(0) + STATE_LIMIT * recurrent.sum(0)
        largest = torch.sigmoid(torch.clamp(self.gate_bias + reach, max=ARGUMENT_LIMIT))
        forget_most, output_most = largest[:hidden], largest[hidden : 2 * hidden]
        state = torch.zeros(hidden)
        cell = torch.zeros(hidden)
        for _ in range(WINDOW):
            forget, output, candidate = torch.chunk(_behind_table(state @ recurrent + 1), GATES)
            cell = candidate + forget_most * (cell - candidate).clamp(min=0) + forget + 1
            state = output_most * cell + STATE_LIMIT * output + 1
        band: Tensor = _behind_table(state @ self.head.abs() + 1)
        return band

    def weights(self) -> Weights:
        """The present weights."""
        return Weights(
            gates=_array(self.gates),
            gate_bias=_array(self.gate_bias),
            head=_array(self.head),
            head_bias=_array(self.head_bias),
        )

    def project(self) -> None:
        """Move to the nearest scaling of each unit that the circuit can hold."""
        inside = projected(self.weights())
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                parameter.copy_(torch.from_numpy(getattr(inside, name)))

    def _snap(self, values: Tensor) -> Tensor:
        return on_grid(values) if self._quantized else values


def _behind_table(difference: Tensor) -> Tensor:
    """Difference of two sigmoid table entries whose arguments differ by so many units."""
    return 1 + (difference - 1) / 4


def _parameter(values: FloatArray) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(values, dtype=torch.float32))


def _array(parameter: torch.nn.Parameter) -> FloatArray:
    return np.asarray(parameter.detach().numpy(), dtype=np.float64)
