"""A real token of which training sees nothing: a second network is fitted without it and asked about it.

The shipped network has seen the first part of weETH. What its recipe is worth on a token that it never saw, at the same
hourly step, is asked of another one: same settings and seed, fitted on the simulator and on the other real token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from staking_model.dataset import history_samples, split_history
from staking_model.evaluation.test_sets import HELD_OUT, OTHER_ASSET, PERIOD, REFITTED, Material, TestSet
from staking_model.features import FeatureParameters
from staking_model.history import History
from staking_model.network import Weights
from staking_model.samples import Floats, Samples, joined
from staking_model.train import TrainingSettings, fit

CUTS: Final = (0.7, 1.0)
"""Of the other token: nothing is tested on it here, so that what is not trained on stops early."""


def refit(
    material: Material,
    histories: tuple[History, ...],
    parameters: FeatureParameters,
    settings: TrainingSettings,
    report: Callable[[str], None],
) -> tuple[Weights, tuple[TestSet, ...]] | None:
    """Fit a network on the simulator and ``HELD_OUT``, and say on what to ask it.

    Args:
        material: simulated windows, and those of the real tokens.
        histories: real history.
        parameters: of the features.
        settings: as for the shipped network.
        report: called with a line at each pass.

    Returns:
        The network and, for each other token, its whole record and its held-out period; None where the histories hold
        no token to show, or none to ask about. Baselines learn from the same rows with the same weights.
    """
    shown = [history for history in histories if history.token == HELD_OUT]
    asked = [history for history in histories if history.token != HELD_OUT]
    if not shown or not asked:
        return None
    real, simulated = split_history(shown[0], parameters, CUTS), material.simulated
    weights = fit(simulated, real, settings, lambda now: report(f"refitting: pass {now.number}/{now.of}"))
    train, validation = joined([real.train, simulated.train]), joined([real.validation, simulated.validation])
    train_weights, validation_weights = (
        _weights(len(part), len(whole), settings.real_weight)
        for part, whole in ((real.train, train), (real.validation, validation))
    )

    def asked_on(name: str, about: str, test: Samples) -> TestSet:
        return TestSet(name, about, train, validation, test, train_weights, validation_weights)

    sets: list[TestSet] = []
    for history in asked:
        token = history.token
        told = f"asked of a network fitted on the simulator and {HELD_OUT} alone, as the baselines are"
        whole = history_samples(history, parameters)
        sets.append(asked_on(f"{OTHER_ASSET} ({token}), {REFITTED}", f"All of {token}'s record, {told}.", whole))
        period = material.periods[token].test
        about = f"The last part of {token}'s record, {told}."
        sets.append(asked_on(f"{PERIOD} ({token}), {REFITTED}", about, period))
    return weights, tuple(sets)


def _weights(real: int, rows: int, real_weight: float) -> Floats:
    """Of rows of which the first ``real`` are real: together those count ``real_weight`` times the others."""
    weights = np.ones(rows, dtype=np.float32)
    if real:
        weights[:real] = real_weight * (rows - real) / real
    return weights
