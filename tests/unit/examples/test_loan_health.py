"""The second model: simulation, export and the shipped network's figures."""

import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from examples.loan_health import train as training
from examples.loan_health.network import LARGEST_LOGIT, build_onnx
from examples.loan_health.simulate import FEATURES, Loans, simulate_loans
from verifier_gen.recipe import load_recipe

FOLDER = Path(__file__).resolve().parents[3] / "examples" / "loan_health"


@pytest.fixture(scope="module")
def loans() -> Loans:
    return simulate_loans(training.SEED, training.REGIMES, training.LOANS_PER_REGIME)


def risks(model: onnx.ModelProto, features: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rows = features.astype(np.float32)[:, None, :]
    return np.array([session.run(None, {"features": row})[0][0, 0] for row in rows])


def test_simulate_loans_same_seed_same_loans() -> None:
    first, again, other = (simulate_loans(seed, 3, 50) for seed in (1, 1, 2))
    assert np.array_equal(first.features, again.features)
    assert not np.array_equal(first.features, other.features)
    assert np.abs(first.features).max() <= 1
    assert first.features.shape == (150, len(FEATURES))


def test_simulate_loans_thin_health_is_liquidated_more_often(loans: Loans) -> None:
    thin = loans.health < np.quantile(loans.health, 0.2)
    assert loans.liquidated[thin].mean() > 4 * loans.liquidated[~thin].mean()


def test_build_onnx_extreme_weights_keep_the_logit_bounded() -> None:
    huge = [np.full((8, 2), 50.0), np.full((2, 1), 50.0)], [np.zeros(2), np.zeros(1)]
    model = build_onnx(*huge)
    high, middle = risks(model, np.stack([np.ones(8), np.zeros(8)]))
    assert high == pytest.approx(1 / (1 + np.exp(-LARGEST_LOGIT)), abs=1e-5)
    assert middle == pytest.approx(0.5)


def test_shipped_network_has_the_figures_of_its_card(loans: Loans) -> None:
    late = loans.regime >= training._TESTED
    found = risks(onnx.load(FOLDER / "loan_health.onnx"), loans.features[late])
    card = (FOLDER / "model_card.md").read_text()
    row = re.search(r"\| network \| ([\d.]+) \| ([\d.]+) \|", card)
    assert row is not None
    assert roc_auc_score(loans.liquidated[late], found) == pytest.approx(float(row[1]), abs=6e-4)
    assert brier_score_loss(loans.liquidated[late], found) == pytest.approx(float(row[2]), abs=6e-5)
    by_health = roc_auc_score(loans.liquidated[late], -loans.health[late])
    assert float(row[1]) > by_health + 0.02


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_train_small_run_exports_what_it_predicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_ITERATIONS", 30)
    network, scores, share = training.train(seed=3, loans_per_regime=40)
    loans = simulate_loans(3, training.REGIMES, 40)
    model = build_onnx(list(network.coefs_), list(network.intercepts_))
    sample = loans.features[:50]
    assert np.abs(risks(model, sample) - training.predict(network, sample)).max() < 1e-5
    assert 0.02 < share < 0.3
    assert set(scores) >= {"climatology", "health factor", "logistic regression", "network"}


def test_recipe_of_the_example_fits_the_table_to_the_clip() -> None:
    recipe = load_recipe(FOLDER / "loan_health.toml")
    assert recipe.lookup_range[1] >= LARGEST_LOGIT * 2**recipe.input_scale
    assert recipe.lookup_range[1] - recipe.lookup_range[0] < 1 << recipe.logrows
    assert recipe.prepare
