"""Training: quantisation-aware, by time and token, within what the circuit can hold.

Each gradient step is followed by a projection onto the weights whose sigmoid arguments the circuit can hold (see
:mod:`staking_model.network`), and every product is rounded as in the circuit, so the trained network *is* the one that
is proved. Real rows count in the risk only: nobody knows their durations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from staking_model.network import Weights, projected, quantized, random_weights
from staking_model.samples import Samples, Split
from staking_model.torch_network import TorchNetwork


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
        real_weight: of all real rows together, over that of all simulated rows; chosen on validation
            (docs/evaluation.md).
        largest_band: rounding freedom of the risk that costs nothing, units of the last place.
        band_weight: of the freedom beyond it, per unit.
    """

    hidden: int = 8
    seed: int = 1
    passes: int = 60
    patience: int = 20
    batch: int = 512
    learning_rate: float = 0.03
    duration_weight: float = 1.0
    real_weight: float = 8.0
    largest_band: float = 19.0
    band_weight: float = 0.01


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


@dataclass(frozen=True)
class _Batch:
    inputs: Tensor
    duration: Tensor
    event: Tensor
    weight: Tensor

    def rows(self, chosen: Tensor) -> _Batch:
        return _Batch(self.inputs[chosen], self.duration[chosen], self.event[chosen], self.weight[chosen])


def fit(
    simulated: Split, real: Split | None, settings: TrainingSettings, report: Callable[[Progress], None]
) -> Weights:
    """Train a network.

    Args:
        simulated: training and validation sets with durations.
        real: the same of real history, without; or None.
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
    train = _together(simulated.train, real.train if real else None, settings.real_weight)
    validation = _together(simulated.validation, real.validation if real else None, settings.real_weight)
    best, best_loss, best_pass = network.weights(), float("inf"), 0
    for number in range(1, settings.passes + 1):
        train_loss = _one_pass(network, optimizer, train, settings)
        schedule.step()
        with torch.no_grad():
            validation_loss = float(_loss(network, validation, settings))
        report(Progress(number, settings.passes, train_loss, validation_loss))
        if validation_loss < best_loss:
            best, best_loss, best_pass = network.weights(), validation_loss, number
        if number - best_pass >= settings.patience:
            break
    return quantized(projected(best))


def _one_pass(
    network: TorchNetwork, optimizer: torch.optim.Optimizer, batch: _Batch, settings: TrainingSettings
) -> float:
    order = torch.randperm(len(batch.weight))
    losses = []
    for start in range(0, len(order), settings.batch):
        optimizer.zero_grad()
        loss = _loss(network, batch.rows(order[start : start + settings.batch]), settings)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own annotation is missing
        optimizer.step()
        network.project()
        losses.append(float(loss.detach()))
    return sum(losses) / len(losses)


def _loss(network: TorchNetwork, batch: _Batch, settings: TrainingSettings) -> Tensor:
    """Cross-entropy of both outputs: proper for a probability, and for the mean of a fraction."""
    logits = network(batch.inputs)
    risk = functional.binary_cross_entropy_with_logits(logits[:, 1], batch.event, weight=batch.weight)
    known = torch.isfinite(batch.duration)
    duration = functional.binary_cross_entropy_with_logits(logits[known, 0], batch.duration[known], reduction="sum")
    band = functional.relu(network.rounding_band()[1] - settings.largest_band)
    return risk + settings.duration_weight * duration / len(known) + settings.band_weight * band


def _together(simulated: Samples, real: Samples | None, real_weight: float) -> _Batch:
    """Both as tensors, weighted so that the real rows count ``real_weight`` times as much as the simulated ones."""
    parts = [_batch(simulated, 1.0)]
    if real is not None and len(real) > 0:
        parts.append(_batch(real, real_weight * len(simulated) / len(real)))
    return _Batch(
        *(torch.cat([getattr(part, name) for part in parts]) for name in ("inputs", "duration", "event", "weight"))
    )


def _batch(samples: Samples, weight: float) -> _Batch:
    inputs, duration, event = (torch.from_numpy(v.copy()) for v in (samples.inputs, samples.duration, samples.event))
    return _Batch(inputs, duration, event, torch.full((len(samples),), weight))
