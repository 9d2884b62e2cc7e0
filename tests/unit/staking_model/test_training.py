"""Training in small: it learns, it repeats, and what it writes is what it trained."""

from pathlib import Path

import numpy as np
import pytest
import torch

from staking_model.dataset import DatasetSize, Split, build_split
from staking_model.evaluation import area_under_curve, evaluate
from staking_model.features import FeatureParameters
from staking_model.labels import MAX_DURATION_EPOCHS
from staking_model.network import check_weights, forward, random_weights
from staking_model.produce import ProductionSettings, produce
from staking_model.reference import Reference
from staking_model.shipped import CARD_TEXT_NAME, shipped_model
from staking_model.train import Progress, TorchNetwork, TrainingSettings, fit
from statements.errors import ConfigurationError

SIZE = DatasetSize(train_tokens=3, other_tokens=1, train_epochs=400, other_epochs=100, stride=1)
SETTINGS = TrainingSettings(hidden=4, seed=2, passes=5, batch=128)


@pytest.fixture(scope="module")
def split() -> Split:
    return build_split(5, FeatureParameters(), SIZE)


def test_build_split_shapes_and_ranges(split: Split) -> None:
    assert split.train.inputs.shape == (3 * 400, 32)
    assert len(split.validation) == len(split.test) == 100
    for samples in (split.train, split.validation, split.test):
        assert np.abs(samples.inputs).max() <= 1
        assert 0 < samples.duration.min() <= samples.duration.max() <= 1
        assert set(np.unique(samples.event)) <= {0.0, 1.0}


def test_boundaries_leave_a_gap_of_the_longest_duration() -> None:
    train, validation, test = SIZE.boundaries
    assert validation[0] - train[1] >= MAX_DURATION_EPOCHS
    assert test[0] - validation[1] >= MAX_DURATION_EPOCHS


def test_fit_few_passes_loss_falls_and_weights_fit_the_circuit(split: Split) -> None:
    seen: list[Progress] = []
    weights = fit(split, SETTINGS, seen.append)
    assert seen[-1].train_loss < 0.9 * seen[0].train_loss
    check_weights(weights)
    scores = forward(weights, split.test.inputs.astype(np.float64))
    assert scores.std(axis=0).max() > 0


def test_fit_same_seed_gives_same_weights(split: Split) -> None:
    quick = TrainingSettings(hidden=2, seed=3, passes=1, batch=256)
    first, second = (fit(split, quick, lambda _: None) for _ in range(2))
    np.testing.assert_array_equal(first.gates, second.gates)


def test_fit_no_progress_stops_early(split: Split) -> None:
    seen: list[Progress] = []
    fit(split, TrainingSettings(hidden=1, seed=1, passes=9, patience=1, learning_rate=0.0), seen.append)
    assert len(seen) == 2


def test_torch_network_equals_numpy_network() -> None:
    weights = random_weights(8, seed=9)
    features = np.random.default_rng(9).uniform(-1, 1, (16, 32))
    with torch.no_grad():
        logits = TorchNetwork(weights)(torch.tensor(features, dtype=torch.float32))
    np.testing.assert_allclose(torch.sigmoid(logits).numpy(), forward(weights, features), atol=1e-5)


def test_produce_tiny_model_writes_files_that_belong_together(tmp_path: Path) -> None:
    lines: list[str] = []
    settings = ProductionSettings(training=TrainingSettings(hidden=2, seed=4, passes=1), size=SIZE, tag_limbs=3)
    card = produce(tmp_path / "model", settings, lines.append)
    read = shipped_model(tmp_path / "model")
    assert read.card == card
    assert (card.hidden, card.tag_limbs, card.seed) == (2, 3, 4)
    assert card.onnx_sha256 in (tmp_path / "model" / CARD_TEXT_NAME).read_text("utf-8")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "model_card.json",
        "model_card.md",
        "staking_lstm.onnx",
    ]
    assert any(line.startswith("pass 1/1: loss") for line in lines)
    duration, risk = Reference(read.onnx).scores([0] * 32, 11)
    assert 0 < duration < 1
    assert 0 < risk < 1


def test_produce_directory_is_a_file_raises_before_training(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    lines: list[str] = []
    with pytest.raises(ConfigurationError, match="cannot make"):
        produce(tmp_path / "taken", ProductionSettings(), lines.append)
    assert lines == []


def test_evaluate_untrained_network_gives_finite_metrics(split: Split) -> None:
    metrics = evaluate(random_weights(2, seed=1), split)
    assert metrics.windows == 100
    assert 0 <= metrics.risk_model.brier <= 1
    assert metrics.risk_climatology.auc == 0.5


def test_area_under_curve_known_rankings() -> None:
    event = np.array([0.0, 0.0, 1.0, 1.0])
    assert area_under_curve(np.array([0.1, 0.2, 0.3, 0.4]), event) == 1.0
    assert area_under_curve(np.array([0.4, 0.3, 0.2, 0.1]), event) == 0.0
    assert area_under_curve(np.array([0.1, 0.3, 0.2, 0.4]), event) == 0.75
    assert area_under_curve(np.array([0.5, 0.5, 0.5, 0.5]), event) == 0.5
    assert area_under_curve(np.array([0.1, 0.2, 0.3, 0.4]), np.zeros(4)) == 0.5
