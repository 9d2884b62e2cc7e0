"""Train the loan-health scorer, evaluate it, write network and card: ``python -m examples.loan_health.train``.

Needs the extras evaluate (scikit-learn) and build (onnx).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # ships without stubs
from sklearn.metrics import brier_score_loss, roc_auc_score  # type: ignore[import-untyped]  # likewise
from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]  # likewise

from examples.loan_health.network import LARGEST_LOGIT, build_onnx
from examples.loan_health.simulate import DAYS, FEATURES, Floats, Loans, simulate_loans

SEED, REGIMES, LOANS_PER_REGIME, HIDDEN = 7, 100, 600, 12
_TRAINED, _TESTED = 70, 80
"""Regimes before the first train, regimes from the second on test; those between are left out."""
_WEIGHT_DECAY, _ITERATIONS = 1.0, 2000
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Score:
    """How good a forecast of liquidation is.

    Attributes:
        auc: area under the ROC curve.
        brier: mean squared error of the probability.
    """

    auc: float
    brier: float


def train(seed: int = SEED, loans_per_regime: int = LOANS_PER_REGIME) -> tuple[MLPClassifier, dict[str, Score], float]:
    """Train on early regimes, score on late ones.

    Args:
        seed: of simulation and training.
        loans_per_regime: loans drawn in each of 100 regimes.

    Returns:
        The network, scores by forecast on the late regimes, and the share liquidated there.
    """
    loans = simulate_loans(seed, REGIMES, loans_per_regime)
    early, late = loans.regime < _TRAINED, loans.regime >= _TESTED
    network = MLPClassifier((HIDDEN,), solver="lbfgs", alpha=_WEIGHT_DECAY, max_iter=_ITERATIONS, random_state=seed)
    network.fit(loans.features[early], loans.liquidated[early])
    forecasts = _forecasts(loans, early, late) | {"network": predict(network, loans.features[late])}
    truth = loans.liquidated[late]
    scores = {
        name: Score(auc=float(roc_auc_score(truth, values)), brier=float(brier_score_loss(truth, values)))
        for name, values in forecasts.items()
    }
    return network, scores, float(truth.mean())


def predict(network: MLPClassifier, features: Floats) -> Floats:
    """Risk as the exported network gives it: the logit is clipped."""
    odds = np.log(np.clip(network.predict_proba(features)[:, 1], 1e-9, 1 - 1e-9))
    logit = odds - np.log(np.clip(network.predict_proba(features)[:, 0], 1e-9, 1 - 1e-9))
    clipped: Floats = 1.0 / (1.0 + np.exp(-np.clip(logit, -LARGEST_LOGIT, LARGEST_LOGIT)))
    return clipped


def _forecasts(loans: Loans, early: Any, late: Any) -> dict[str, Floats]:
    """What the network is compared with; rules get their probabilities by a logistic fit on the early regimes."""
    rules = {
        "health factor": np.log(loans.health)[:, None],
        "distance in sigmas": (np.log(loans.health) / (loans.volatility * np.sqrt(DAYS)))[:, None],
        "logistic regression": loans.features,
    }
    climatology = np.full(int(late.sum()), loans.liquidated[early].mean())
    found: dict[str, Floats] = {"climatology": climatology}
    for name, columns in rules.items():
        fitted = LogisticRegression(max_iter=1000).fit(columns[early], loans.liquidated[early])
        found[name] = fitted.predict_proba(columns[late])[:, 1]
    return found


def _card(scores: dict[str, Score], share: float) -> str:
    rows = "\n".join(f"| {name} | {score.auc:.3f} | {score.brier:.4f} |" for name, score in scores.items())
    others = {name: score for name, score in scores.items() if name != "network"}
    behind = [name for name, score in others.items() if score.auc >= scores["network"].auc]
    behind += [name for name, score in others.items() if score.brier <= scores["network"].brier and name not in behind]
    verdict = f"It does not beat: {', '.join(behind)}." if behind else "It beats each of them on both figures."
    return f"""# Loan health: model card

Probability that a loan against a liquid restaking token is liquidated within {DAYS} days. Written by
`python -m examples.loan_health.train`.

- **Network**: {len(FEATURES)} features, {HIDDEN} ReLU units, one sigmoid of an argument clipped to ±{LARGEST_LOGIT}.
- **Features**, each clipped to [-1, 1]: {", ".join(FEATURES[:4])},
  {", ".join(FEATURES[4:])} (`simulate.py` has the definitions).
- **Data**: simulated, {REGIMES} market regimes of {LOANS_PER_REGIME} loans, seed {SEED}.
  Regimes 0 to {_TRAINED - 1} train, {_TESTED} to {REGIMES - 1} test; those between are left out. Late ones are rougher.
- **Limits**: never seen a real loan. It shows how a model is added, and is no advice to lend by.

On the test regimes, {100 * share:.1f} % of loans were liquidated:

| forecast | AUC | Brier |
|---|---|---|
{rows}

The first four are baselines: the mean of the training regimes, the health factor, the health factor in standard
deviations of a week, and all features in a logistic regression.
{verdict}
"""


@click.command()
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=_HERE, help="Folder to write to.")
@click.option("--seed", default=SEED, show_default=True, help="Of simulation and training.")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
def main(output: Path, seed: int, as_json: bool) -> None:
    """Train the loan-health scorer and write loan_health.onnx and model_card.md."""
    network, scores, share = train(seed)
    model = build_onnx(list(network.coefs_), list(network.intercepts_))
    (output / "loan_health.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (output / "model_card.md").write_text(_card(scores, share), "utf-8")
    if as_json:
        click.echo(json.dumps({name: vars(score) for name, score in scores.items()}))
        return
    for name, score in scores.items():
        click.echo(f"{name:20} AUC {score.auc:.3f}  Brier {score.brier:.4f}")


if __name__ == "__main__":
    main()
