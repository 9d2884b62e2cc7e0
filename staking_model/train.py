"""Training; the only module that imports torch.

Each gradient step is followed by a projection onto the weights whose sigmoid arguments the circuit can hold (see
:mod:`staking_model.network`), so the trained network *is* the one that is proved, up to fixed-point rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from staking_model.dataset import Samples, Split
from staking_model.features import FEATURES, WINDOW
from staking_model.network import GATES, Weights, projected, quantized, random_weights


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Attributes:
        hidden: hidden units.
        seed: of weights and batches.
        passes: most passes over the training set.
        patience: passes without a better validation loss before it stops.
        batch: windows per step.
        learning_rate: of Adam at the start; falls to a tenth along a cosine.
        duration_weight: of the duration's loss beside the risk's.
    """

    hidden: int = 8
    seed: int = 1
    passes: int = 60
    patience: int = 12
    batch: int = 512
    learning_rate: float = 0.01
    duration_weight: float = 1.0


@dataclass(frozen=True)
class Progress:
    """One pass over the training set.

    Attributes:
        number: from 1.
        of: most passes.
        train_loss: mean over the pass.
        validation_loss: after it.
    """

    number: int
    of: int
    train_loss: float
    validation_loss: float


def fit(split: Split, settings: TrainingSettings, report: Callable[[Progress], None]) -> Weights:
    """Train a network.

    Args:
        split: training and validation sets.
        settings: how.
        report: called after each pass.

    Returns:
        The weights with the lowest validation loss, within their bounds and on their grid.
    """
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)  # sums in one order: the same seed gives the same weights
    network = TorchNetwork(random_weights(settings.hidden, settings.seed))
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, settings.passes, eta_min=settings.learning_rate / 10
    )
    best, best_loss, best_pass = network.weights(), float("inf"), 0
    for number in range(1, settings.passes + 1):
        train_loss = _one_pass(network, optimizer, split.train, settings)
        schedule.step()
        with torch.no_grad():
            validation_loss = float(_loss(network, _tensors(split.validation), settings.duration_weight))
        report(Progress(number, settings.passes, train_loss, validation_loss))
        if validation_loss < best_loss:
            best, best_loss, best_pass = network.weights(), validation_loss, number
        if number - best_pass >= settings.patience:
            break
    return quantized(projected(best))


class TorchNetwork(torch.nn.Module):
    """:func:`staking_model.network.forward` with gradients; returns the arguments of the two last sigmoids."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.gates = _parameter(weights.gates)
        self.gate_bias = _parameter(weights.gate_bias)
        self.head = _parameter(weights.head)
        self.head_bias = _parameter(weights.head_bias)

    def forward(self, features: Tensor) -> Tensor:
        """Logits [N, 2] of features [N, 32]."""
        state = features.new_zeros((features.shape[0], self.head.shape[0]))
        cell = torch.full_like(state, 0.5)
        for step in range(WINDOW):
            joined = torch.cat([features[:, FEATURES * step : FEATURES * (step + 1)], state], dim=1)
            gates = torch.sigmoid(joined @ self.gates + self.gate_bias)
            forget, output, candidate = torch.chunk(gates, GATES, dim=1)
            cell = candidate + forget * (cell - candidate)
            state = output * (torch.sigmoid(4 * cell - 2) - 0.5)
        logits: Tensor = state @ self.head + self.head_bias
        return logits

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


def _one_pass(
    network: TorchNetwork, optimizer: torch.optim.Optimizer, samples: Samples, settings: TrainingSettings
) -> float:
    tensors = _tensors(samples)
    order = torch.randperm(len(samples))
    losses = []
    for start in range(0, len(samples), settings.batch):
        rows = order[start : start + settings.batch]
        optimizer.zero_grad()
        loss = _loss(network, [tensor[rows] for tensor in tensors], settings.duration_weight)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own annotation is missing
        optimizer.step()
        network.project()
        losses.append(float(loss.detach()))
    return sum(losses) / len(losses)


def _loss(network: TorchNetwork, tensors: list[Tensor], duration_weight: float) -> Tensor:
    """Cross-entropy of both outputs: proper for a probability, and for the mean of a fraction."""
    inputs, duration, event = tensors
    logits = network(inputs)
    risk_loss = functional.binary_cross_entropy_with_logits(logits[:, 1], event)
    return risk_loss + duration_weight * functional.binary_cross_entropy_with_logits(logits[:, 0], duration)


def _tensors(samples: Samples) -> list[Tensor]:
    return [torch.from_numpy(values) for values in (samples.inputs, samples.duration, samples.event)]


def _parameter(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(values, dtype=torch.float32))


def _array(parameter: torch.nn.Parameter) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(parameter.detach().numpy(), dtype=np.float64)
