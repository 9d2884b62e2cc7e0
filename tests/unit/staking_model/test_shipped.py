"""The model that comes with the package: whole, useful, and as its card says."""

import json
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from staking_model.card import ModelCardError
from staking_model.card_text import card_markdown
from staking_model.export import onnx_bytes, read_weights
from staking_model.features import FeatureParameters, window_features
from staking_model.market import observations_of
from staking_model.network import argument_bounds, forward
from staking_model.reference import Reference
from staking_model.score import MAX_DURATION
from staking_model.shipped import CARD_NAME, CARD_TEXT_NAME, ONNX_NAME, SHIPPED_DIRECTORY, shipped_model
from staking_model.simulator import simulate_market
from staking_model.torch_network import TorchNetwork
from statements.subject import model_id


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(copytree(SHIPPED_DIRECTORY, tmp_path / "shipped"))


def scores_at_the_end(seed: int, epochs: int) -> dict[str, tuple[float, float]]:
    parameters = shipped_model().card.feature_parameters
    market, reference = simulate_market(seed, epochs), Reference()
    return {
        symbol: reference.scores(window_features(observations_of(points)[-9:], parameters), parameters.input_scale_bits)
        for symbol, points in market.points.items()
    }


@pytest.mark.parametrize("epochs", [24, 36])
@pytest.mark.parametrize("seed", range(1, 11))
def test_shipped_model_depegging_asset_is_riskier_and_leaves_sooner(seed: int, epochs: int) -> None:
    scores = scores_at_the_end(seed, epochs)
    for calm in ("weETH", "wETH"):
        assert scores["ezETH"][1] > 2 * scores[calm][1]  # what the demo promises
        assert scores["ezETH"][0] < scores[calm][0]


def test_shipped_model_outputs_are_not_constant() -> None:
    rows = [score for seed in range(1, 6) for score in scores_at_the_end(seed, 24).values()]
    for column in zip(*rows, strict=True):
        assert max(column) - min(column) > 0.05
        assert len({round(value, 4) for value in column}) > 5


def test_shipped_card_describes_the_network() -> None:
    shipped = shipped_model()
    weights = read_weights(shipped.onnx)
    assert shipped.card.model_id == model_id("veristake/staking-lstm/1")
    assert shipped.card.hidden == weights.hidden == 8
    assert shipped.card.maximum_duration_seconds == MAX_DURATION
    assert shipped.card.feature_parameters == FeatureParameters()
    assert max(float(bounds.max()) for bounds in argument_bounds(weights)) <= shipped.card.argument_limit
    assert onnx_bytes(weights, tag_limbs=shipped.card.tag_limbs) == shipped.onnx.read_bytes()


def test_shipped_card_beats_climatology_on_the_held_out_period_and_the_simulator() -> None:
    sets = {metrics.name.split(" (")[0]: metrics.risk["model"] for metrics in shipped_model().card.metrics}
    for name in ("held-out period", "held-out period, without hindsight", "simulator"):
        assert sets[name].brier_skill > 0
        assert sets[name].auc > 0.55


def test_shipped_card_says_what_real_history_it_was_trained_on() -> None:
    card = shipped_model().card
    assert {file.token for file in card.files} == {"weETH", "stETH"}
    assert all(len(file.sha256) == 64 for file in card.files)


def test_shipped_card_fixed_point_costs_less_than_a_hundredth_in_brier_score() -> None:
    card = shipped_model().card
    assert card.fixed_point_error < 0.005
    assert card.fixed_point_brier_cost < 0.01
    assert card.rounding_spread < 0.005


def test_shipped_model_rounding_band_is_within_half_a_percent() -> None:
    band = TorchNetwork(read_weights(shipped_model().onnx)).rounding_band()
    assert band[1].item() <= 0.005 * 4096


def test_shipped_card_text_is_written_from_the_card() -> None:
    text = (SHIPPED_DIRECTORY / CARD_TEXT_NAME).read_text("utf-8")
    assert text == card_markdown(shipped_model().card)
    assert "exist only in the simulator" in text


def test_reference_shipped_model_equals_float64_network() -> None:
    inputs = [(17 * number) % 8193 - 4096 for number in range(32)]
    weights = read_weights(shipped_model().onnx)
    expected = forward(weights, np.array([inputs]) / 4096)[0]
    assert Reference().scores(inputs, 12) == pytest.approx(tuple(expected), abs=1e-5)


def test_shipped_model_changed_onnx_raises(copied: Path) -> None:
    with (copied / ONNX_NAME).open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelCardError, match="its card says"):
        shipped_model(copied)


def test_shipped_model_missing_onnx_raises(copied: Path) -> None:
    (copied / ONNX_NAME).unlink()
    with pytest.raises(ModelCardError, match="cannot read"):
        shipped_model(copied)


def test_shipped_model_card_with_unknown_field_raises(copied: Path) -> None:
    card = json.loads((copied / CARD_NAME).read_text("utf-8"))
    (copied / CARD_NAME).write_text(json.dumps(card | {"extra": 1}), "utf-8")
    with pytest.raises(ModelCardError, match="is not a model card: extra"):
        shipped_model(copied)


def test_shipped_model_card_not_json_raises(copied: Path) -> None:
    (copied / CARD_NAME).write_text("{", "utf-8")
    with pytest.raises(ModelCardError, match="is not a model card: the document"):
        shipped_model(copied)
