"""Training in small: it learns, it repeats, and what it writes is what it trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from staking_model.dataset import MAX_DURATION_EPOCHS, DatasetSize, build_split
from staking_model.features import FeatureParameters
from staking_model.fixed_point import fixed_point_forward, rounding_spread
from staking_model.network import check_weights, forward, quantized, random_weights
from staking_model.produce import ProductionSettings, produce
from staking_model.reference import Reference
from staking_model.samples import Split
from staking_model.shipped import CARD_TEXT_NAME, shipped_model
from staking_model.torch_network import TorchNetwork
from staking_model.train import Progress, TrainingSettings, fit
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
    weights = fit(split, None, SETTINGS, seen.append)
    assert seen[-1].train_loss < 0.97 * seen[0].train_loss
    check_weights(weights)
    scores = forward(weights, split.test.inputs.astype(np.float64))
    assert scores.std(axis=0).max() > 0


def test_fit_same_seed_gives_same_weights(split: Split) -> None:
    quick = TrainingSettings(hidden=2, seed=3, passes=1, batch=256)
    first, second = (fit(split, None, quick, lambda _: None) for _ in range(2))
    np.testing.assert_array_equal(first.gates, second.gates)


def test_fit_no_progress_stops_early(split: Split) -> None:
    seen: list[Progress] = []
    fit(split, None, TrainingSettings(hidden=1, seed=1, passes=9, patience=1, learning_rate=0.0), seen.append)
    assert len(seen) == 2


def test_torch_network_without_rounding_equals_numpy_network() -> None:
    weights = random_weights(8, seed=9)
    features = np.random.default_rng(9).uniform(-1, 1, (16, 32))
    with torch.no_grad():
        logits = TorchNetwork(weights, quantized=False)(torch.tensor(features, dtype=torch.float32))
    np.testing.assert_allclose(torch.sigmoid(logits).numpy(), forward(weights, features), atol=1e-5)


def test_torch_network_equals_the_circuits_fixed_point() -> None:
    weights = quantized(random_weights(8, seed=9))
    inputs = np.random.default_rng(9).integers(-4096, 4097, (64, 32))
    with torch.no_grad():
        logits = TorchNetwork(weights)(torch.tensor(inputs / 4096, dtype=torch.float32))
    fixed = fixed_point_forward(weights, inputs, 12) / 4096
    # halves may go either way in single precision
    np.testing.assert_allclose(torch.sigmoid(logits).numpy(), fixed, atol=1.5 / 4096)


def test_torch_network_rounding_reaches_gradients() -> None:
    network = TorchNetwork(random_weights(2, seed=9))
    network(torch.rand(8, 32)).sum().backward()
    assert all(float(p.grad.abs().sum()) > 0 for p in network.parameters() if p.grad is not None)


def test_rounding_band_covers_provers_who_round_at_random() -> None:
    weights = quantized(random_weights(8, seed=9))
    inputs = np.random.default_rng(9).integers(-4096, 4097, (50, 32))
    band = TorchNetwork(weights).rounding_band().detach().numpy()
    assert rounding_spread(weights, inputs, 12, provers=8, seed=1) * 4096 <= band.max()


def test_fit_small_band_is_kept(split: Split) -> None:
    tight = replace(SETTINGS, passes=8, largest_band=8.0, band_weight=1.0)
    band = TorchNetwork(fit(split, None, tight, lambda _: None)).rounding_band()
    loose = TorchNetwork(fit(split, None, SETTINGS, lambda _: None)).rounding_band()
    assert band[1].item() < loose[1].item()
    assert band[1].item() < 12


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
    duration, risk = Reference(read.onnx).scores([0] * 32, 12)
    assert 0 < duration < 1
    assert 0 < risk < 1


def test_produce_directory_is_a_file_raises_before_training(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    lines: list[str] = []
    with pytest.raises(ConfigurationError, match="cannot make"):
        produce(tmp_path / "taken", ProductionSettings(), lines.append)
    assert lines == []
