"""From a seed to the shipped files: simulate, train, test, export, write."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from staking_model.card import ModelCard, card_markdown, sha256_of
from staking_model.dataset import DatasetSize, build_split
from staking_model.evaluation import evaluate
from staking_model.export import onnx_bytes
from staking_model.features import FeatureParameters
from staking_model.fixed_point import fixed_point_error, rounding_spread
from staking_model.network import ARGUMENT_LIMIT, WEIGHT_SCALE_BITS
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
    """

    training: TrainingSettings = field(default_factory=TrainingSettings)
    size: DatasetSize = field(default_factory=DatasetSize)
    parameters: FeatureParameters = field(default_factory=FeatureParameters)
    tag_limbs: int = DEFAULT_TAG_LIMBS


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
    split = build_split(settings.training.seed, settings.parameters, settings.size)
    report(f"training on {len(split.train):,} windows")
    weights = fit(
        split,
        settings.training,
        lambda now: report(
            f"pass {now.number}/{now.of}: loss {now.train_loss:.4f}, validation {now.validation_loss:.4f}"
        ),
    )
    report(f"testing on {len(split.test):,} windows of other tokens and a later time")
    network = onnx_bytes(weights, tag_limbs=settings.tag_limbs)
    scale_bits = settings.parameters.input_scale_bits
    inputs = np.rint(split.test.inputs.astype(np.float64) * (1 << scale_bits)).astype(np.int64)
    card = ModelCard(
        onnx_sha256=sha256_of(network),
        hidden=weights.hidden,
        feature_parameters=settings.parameters,
        tag_limbs=settings.tag_limbs,
        weight_scale_bits=WEIGHT_SCALE_BITS,
        argument_limit=ARGUMENT_LIMIT,
        data=_data_text(settings.size),
        seed=settings.training.seed,
        metrics=evaluate(weights, split),
        fixed_point_error=round(fixed_point_error(weights, inputs, scale_bits), 6),
        rounding_spread=round(rounding_spread(weights, inputs[::PROVER_STRIDE], scale_bits, PROVERS, 0), 6),
    )
    _write_all(
        {
            directory / ONNX_NAME: network,
            directory / CARD_NAME: (card.model_dump_json(indent=2) + "\n").encode(),
            directory / CARD_TEXT_NAME: card_markdown(card).encode(),
        }
    )
    return card


def _require_writable(directory: Path) -> None:
    remedy = "Choose another --output directory"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make {directory}: {error.strerror}", remedy=remedy) from error
    if not os.access(directory, os.W_OK):
        raise ConfigurationError(f"cannot write into {directory}", remedy=remedy)


def _data_text(size: DatasetSize) -> str:
    return (
        f"Hourly markets from the seeded simulator in `staking_model/simulator.py`: {size.train_tokens} tokens to "
        f"train, {size.other_tokens} to stop early and {size.other_tokens} to test, every seventh of them at parity "
        "like wETH, with depeg episodes of rumour, slide and recovery in the others. Training spans "
        f"{size.train_epochs:,} epochs; validation and test come later in time and from other tokens, and 30 days "
        "lie between two sets, so that no label of one looks into the next."
    )


def _write_all(contents: dict[Path, bytes]) -> None:
    """Write every file beside its place first, so that a full disk leaves the old model whole."""
    partial = {path: path.with_suffix(path.suffix + ".partial") for path in contents}
    for path, content in contents.items():
        partial[path].write_bytes(content)
    for path, written in partial.items():
        written.replace(path)
