"""From a seed and, if given, real history to the shipped files: simulate, train, test, export, write."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from staking_model.card import DataFile, ModelCard, sha256_of
from staking_model.card_text import card_markdown
from staking_model.dataset import HISTORY_CUTS, DatasetSize
from staking_model.drift import feature_ranges
from staking_model.evaluation.forecasts import network_forecasts, simple_durations, simple_risks
from staking_model.evaluation.measure import measure
from staking_model.evaluation.test_sets import Material, TestSet, gather, test_sets
from staking_model.export import onnx_bytes
from staking_model.features import FeatureParameters
from staking_model.fixed_point import brier_cost, fixed_point_error, integer_inputs, rounding_spread
from staking_model.history import History
from staking_model.metrics import SetMetrics
from staking_model.network import ARGUMENT_LIMIT, WEIGHT_SCALE_BITS, Weights
from staking_model.samples import joined
from staking_model.shipped import CARD_NAME, CARD_TEXT_NAME, ONNX_NAME
from staking_model.train import TrainingSettings, fit
from statements.errors import ConfigurationError

DEFAULT_TAG_LIMBS: Final = 8
"""Eight limbs of 16 bits: a tag of 128 bits."""
PROVERS: Final = 10
"""Provers who round at random, to see how far their scores differ."""
PROVER_STRIDE: Final = 8
"""Every how many test windows they are asked."""


@dataclass(frozen=True)
class ProductionSettings:
    """All that decides the shipped files.

    Attributes:
        training: network and optimiser; its seed is the data's too.
        size: of the simulated data.
        parameters: factors of the features.
        tag_limbs: limbs of the request tag in the ONNX file.
        histories: real history; the simulator alone where there is none.
    """

    training: TrainingSettings = field(default_factory=TrainingSettings)
    size: DatasetSize = field(default_factory=DatasetSize)
    parameters: FeatureParameters = field(default_factory=FeatureParameters)
    tag_limbs: int = DEFAULT_TAG_LIMBS
    histories: tuple[History, ...] = ()


def produce(directory: Path, settings: ProductionSettings, report: Callable[[str], None]) -> ModelCard:
    """Train a model and write its files.

    Args:
        directory: where ONNX and card go; made when missing.
        settings: what to make.
        report: called with a line at each step.

    Returns:
        The card that was written.

    Raises:
        ConfigurationError: the directory cannot be written; said before anything is trained.
    """
    _require_writable(directory)
    report("simulating markets")
    material = gather(settings.training.seed, settings.parameters, settings.size, settings.histories)
    real = material.trained_history
    rows = len(material.simulated.train) + (len(real.train) if real else 0)
    report(f"training on {rows:,} windows, {len(real.train) if real else 0:,} of them real")
    weights = fit(
        material.simulated,
        real,
        settings.training,
        lambda now: report(
            f"pass {now.number}/{now.of}: loss {now.train_loss:.4f}, validation {now.validation_loss:.4f}"
        ),
    )
    report("testing on other tokens and later times")
    network = onnx_bytes(weights, tag_limbs=settings.tag_limbs)
    card = _card(settings, material, weights, sha256_of(network))
    _write_all(
        {
            directory / ONNX_NAME: network,
            directory / CARD_NAME: (card.model_dump_json(indent=2) + "\n").encode(),
            directory / CARD_TEXT_NAME: card_markdown(card).encode(),
        }
    )
    return card


def _card(settings: ProductionSettings, material: Material, weights: Weights, onnx_sha256: str) -> ModelCard:
    scale_bits = settings.parameters.input_scale_bits
    sets = test_sets(material)
    inputs = [integer_inputs(chosen.test.inputs, scale_bits) for chosen in sets]
    costs = [
        brier_cost(weights, rows, chosen.test.event.astype(np.float64), scale_bits)
        for rows, chosen in zip(inputs, sets, strict=True)
    ]
    everything = np.concatenate(inputs)
    trained = [material.simulated.train] + ([material.trained_history.train] if material.trained_history else [])
    return ModelCard(
        onnx_sha256=onnx_sha256,
        hidden=weights.hidden,
        feature_parameters=settings.parameters,
        tag_limbs=settings.tag_limbs,
        weight_scale_bits=WEIGHT_SCALE_BITS,
        argument_limit=ARGUMENT_LIMIT,
        data=_data_text(settings.size, settings.training.real_weight, material),
        seed=settings.training.seed,
        files=tuple(_data_file(history, material) for history in settings.histories),
        metrics=tuple(_metrics(chosen, weights) for chosen in sets),
        feature_ranges=feature_ranges(joined(trained).inputs),
        fixed_point_error=round(fixed_point_error(weights, everything, scale_bits), 6),
        fixed_point_brier_cost=round(max(costs), 6),
        rounding_spread=round(rounding_spread(weights, everything[::PROVER_STRIDE], scale_bits, PROVERS, 0), 6),
    )


def _metrics(chosen: TestSet, weights: Weights) -> SetMetrics:
    durations, risks = network_forecasts(weights, chosen.test)
    with_duration = {**durations, **simple_durations(chosen.train, chosen.test)} if chosen.knows_durations else {}
    return measure(
        chosen.name, chosen.about, chosen.test, {**risks, **simple_risks(chosen.train, chosen.test)}, with_duration
    )


def _data_file(history: History, material: Material) -> DataFile:
    first, second = (f"{cut:.0%}" for cut in HISTORY_CUTS)
    trained = history.token in material.trained_tokens
    use = f"time up to {first} to train, {first} to {second} to stop early" if trained else "none of it to train"
    return DataFile(token=history.token, name=history.source, sha256=history.sha256, use=use)


def _require_writable(directory: Path) -> None:
    remedy = "Choose another --output directory"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make {directory}: {error.strerror}", remedy=remedy) from error
    if not os.access(directory, os.W_OK):
        raise ConfigurationError(f"cannot write into {directory}", remedy=remedy)


def _data_text(size: DatasetSize, weight: float, material: Material) -> str:
    simulated = (
        f"Hourly markets from the seeded simulator in `staking_model/simulator.py`: {size.train_tokens} tokens to "
        f"train, {size.other_tokens} to stop early and {size.other_tokens} to test, every seventh of them at parity "
        "like wETH, with depeg episodes of rumour, slide and recovery in the others. Training spans "
        f"{size.train_epochs:,} epochs; validation and test come later in time and from other tokens, and 30 days "
        "lie between two sets, so that no label of one looks into the next."
    )
    real = material.trained_history
    if real is None:
        return simulated
    return (
        f"{simulated} Beside them, with {weight:g} times their weight in all, {len(real.train):,} windows of real "
        f"prices of {', '.join(sorted(material.trained_tokens))}, cut by time with a gap of the labels' horizon; their "
        "flow is 0, and they count in the exit risk only."
    )


def _write_all(contents: dict[Path, bytes]) -> None:
    """Write every file beside its place first, so that a full disk leaves the old model whole."""
    partial = {path: path.with_suffix(path.suffix + ".partial") for path in contents}
    for path, content in contents.items():
        partial[path].write_bytes(content)
    for path, written in partial.items():
        written.replace(path)
