"""Baselines that learn: logistic regression and gradient boosting on the network's own inputs.

The only module that imports scikit-learn and LightGBM.
"""

from __future__ import annotations

from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge  # type: ignore[import-untyped]  # ships without stubs

from staking_model.evaluation.forecasts import BOOSTING, LOGISTIC
from staking_model.evaluation.scores import Vector
from staking_model.samples import Floats, Samples
from statements.errors import VeristakeError

REGULARISATION: Final = 0.1
"""scikit-learn's C: inverse of the penalty on squared weights. Inputs lie in [-1, 1] as they are: scaling each to unit
variance as well made it much worse on the token that it had not seen."""
RIDGE: Final = 10.0
BOOSTING_SETTINGS: Final[dict[str, Any]] = {
    "n_estimators": 600,
    "learning_rate": 0.02,
    "num_leaves": 7,
    "min_child_samples": 300,
    "subsample": 0.5,
    "subsample_freq": 1,
    "colsample_bytree": 0.5,
    "reg_lambda": 10.0,
    "n_jobs": 1,
    "deterministic": True,
    "seed": 1,
    "verbose": -1,
}
"""Small trees, much averaging: neighbouring windows overlap, so there is far less data than rows."""
PATIENCE: Final = 60


class TooFewEventsError(VeristakeError):
    """Training windows without an event, or with nothing else."""


class LearnedRisks:
    """Both baselines, fitted once, for the exit risk.

    Args:
        train: to fit on.
        validation: boosting stops early on it.
        weights: of the training rows; None where all count alike.
        validation_weights: of the validation rows likewise.

    Raises:
        TooFewEventsError: the training windows have one label only.
    """

    def __init__(
        self,
        train: Samples,
        validation: Samples,
        weights: Floats | None = None,
        validation_weights: Floats | None = None,
    ) -> None:
        if len(np.unique(train.event)) < 2:
            raise TooFewEventsError(
                f"all {len(train):,} training windows have the same label: nothing can be learnt from them",
                remedy="Give a longer history, or a larger simulation",
            )
        # scikit-learn weighs the penalty against the sum of the rows' weights: that stays the number of rows
        scaled = None if weights is None else weights / weights.mean()
        self._logistic = LogisticRegression(C=REGULARISATION, max_iter=1000).fit(
            train.inputs, train.event, sample_weight=scaled
        )
        self._boosting = lightgbm.LGBMClassifier(**BOOSTING_SETTINGS)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        self._boosting.fit(
            train.inputs,
            train.event,
            sample_weight=scaled,
            eval_X=validation.inputs,
            eval_y=validation.event,
            eval_sample_weight=None if validation_weights is None else [validation_weights],
            callbacks=[stop],
        )

    def forecasts(self, inputs: NDArray[np.float32]) -> dict[str, Vector]:
        """Probabilities [N] by each of inputs [N, 32]."""
        fitted = ((LOGISTIC, self._logistic), (BOOSTING, self._boosting))
        return {name: np.asarray(model.predict_proba(inputs), dtype=np.float64)[:, 1] for name, model in fitted}


class LearnedDurations:
    """Ridge regression and boosting for the staking duration; its rows hold known durations only.

    Args:
        train: to fit on.
        validation: boosting stops early on it.
    """

    def __init__(self, train: Samples, validation: Samples) -> None:
        self._linear = Ridge(RIDGE).fit(train.inputs, train.duration)
        self._boosting = lightgbm.LGBMRegressor(objective="mae", **BOOSTING_SETTINGS)
        _fit_boosting(self._boosting, train.inputs, train.duration, validation.inputs, validation.duration)

    def forecasts(self, inputs: NDArray[np.float32]) -> dict[str, Vector]:
        """Durations [N] over MAX_DURATION by each of inputs [N, 32]."""
        fitted = ((LOGISTIC, self._linear), (BOOSTING, self._boosting))
        return {name: np.clip(model.predict(inputs), 0, 1).astype(np.float64) for name, model in fitted}


def _fit_boosting(
    model: lightgbm.LGBMModel,
    inputs: NDArray[np.float32],
    outcome: NDArray[np.float32],
    later_inputs: NDArray[np.float32],
    later_outcome: NDArray[np.float32],
) -> None:
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    model.fit(inputs, outcome, eval_X=later_inputs, eval_y=later_outcome, callbacks=[stop])
