"""The whole evaluation: every test set, every forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from staking_model.card import ModelCard
from staking_model.dataset import DatasetSize
from staking_model.evaluation.bootstrap import RUNS, Resamples
from staking_model.evaluation.forecasts import network_forecasts, simple_durations, simple_risks
from staking_model.evaluation.learned import LearnedDurations, LearnedRisks
from staking_model.evaluation.measure import measure
from staking_model.evaluation.report import EvaluationReport
from staking_model.evaluation.scores import Vector
from staking_model.evaluation.test_sets import Material, TestSet, gather, test_sets
from staking_model.features import FeatureParameters
from staking_model.history import History
from staking_model.network import Weights
from staking_model.samples import Samples

if TYPE_CHECKING:
    from staking_model.train import TrainingSettings

NO_HISTORY = (
    "No real history was given: these are figures of the simulator alone. They say how well the simulator is learnt, "
    "not how well real exits are foreseen. Give --history."
)


@dataclass(frozen=True)
class Evaluation:
    """Figures, and the forecasts behind them.

    Attributes:
        report: the figures.
        sets: the test sets, in the report's order.
        risks: forecasts of the exit risk by name, for each set.
        material: what they were cut from.
        histories: the real history given.
        weights: of the network.
        parameters: of its features.
    """

    report: EvaluationReport
    sets: tuple[TestSet, ...]
    risks: tuple[dict[str, Vector], ...]
    material: Material
    histories: tuple[History, ...]
    weights: Weights
    parameters: FeatureParameters


def run_evaluation(
    weights: Weights,
    card: ModelCard,
    histories: tuple[History, ...],
    report: Callable[[str], None],
    size: DatasetSize | None = None,
    runs: int = RUNS,
    refitted: TrainingSettings | None = None,
) -> Evaluation:
    """Evaluate a network beside every baseline.

    Args:
        weights: the network.
        card: its card; its seed and feature parameters are used, so that the test sets are those that it names.
        histories: real history; may be empty.
        report: called with a line at each step.
        size: of the simulated data.
        runs: bootstrap samples.
        refitted: settings of a second network that never sees the token it is asked about; None leaves that out.
    """
    report("simulating markets")
    material = gather(card.seed, card.feature_parameters, size or DatasetSize(), histories)
    asked = [(chosen, weights) for chosen in test_sets(material)]
    if refitted is not None:
        found = _refit(material, histories, card.feature_parameters, refitted, report)
        asked += [(chosen, found[0]) for chosen in found[1]] if found is not None else []
    fitted: dict[int, LearnedRisks] = {}
    risks, figures = [], []
    for chosen, network in asked:
        report(f"{chosen.name}: {len(chosen.test):,} windows")
        # sets that learn from the same rows share their baselines
        if id(chosen.train) not in fitted:
            fitted[id(chosen.train)] = LearnedRisks(
                chosen.train, chosen.validation, chosen.weights, chosen.validation_weights
            )
        risk, durations = _forecasts(chosen, network, fitted[id(chosen.train)])
        blocks = Resamples(chosen.test.block, runs=runs)
        figures.append(measure(chosen.name, chosen.about, chosen.test, risk, durations, blocks))
        risks.append(risk)
    summary = EvaluationReport(
        model=card.name,
        onnx_sha256=card.onnx_sha256,
        seed=card.seed,
        sets=tuple(figures),
        notes=() if histories else (NO_HISTORY,),
    )
    sets = tuple(chosen for chosen, _ in asked)
    return Evaluation(summary, sets, tuple(risks), material, histories, weights, card.feature_parameters)


def _refit(
    material: Material,
    histories: tuple[History, ...],
    parameters: FeatureParameters,
    settings: TrainingSettings,
    report: Callable[[str], None],
) -> tuple[Weights, tuple[TestSet, ...]] | None:
    # only this imports torch
    from staking_model.evaluation.refit import refit

    return refit(material, histories, parameters, settings, report)


def _forecasts(chosen: TestSet, network: Weights, learned: LearnedRisks) -> tuple[dict[str, Vector], dict[str, Vector]]:
    """Risks and durations by every forecast; no durations where nobody knows them."""
    durations, ours = network_forecasts(network, chosen.test)
    simple = simple_risks(chosen.train, chosen.test, chosen.weights)
    risks = {**ours, **simple, **learned.forecasts(chosen.test.inputs)}
    if not chosen.knows_durations:
        return risks, {}
    return risks, durations | _durations(chosen.train, chosen.validation, chosen.test)


def _durations(train: Samples, validation: Samples, test: Samples) -> dict[str, Vector]:
    learned = LearnedDurations(train, validation).forecasts(test.inputs)
    return {**simple_durations(train, test), **{name: np.asarray(v) for name, v in learned.items()}}
