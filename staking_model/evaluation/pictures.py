"""Which plots an evaluation gets, and what they are called."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from staking_model.dataset import history_samples
from staking_model.evaluation.forecasts import NETWORK, network_forecasts
from staking_model.evaluation.plots import EPISODES, plot_episode, plot_reliability
from staking_model.evaluation.run import Evaluation


def draw(directory: Path, found: Evaluation) -> tuple[Path, ...]:
    """Write every plot.

    Args:
        directory: that exists.
        found: the evaluation.

    Returns:
        The files written.
    """
    written = []
    for chosen, risks in zip(found.sets, found.risks, strict=True):
        path = directory / f"reliability-{_file_name(chosen.name)}.png"
        plot_reliability(path, chosen.name, risks, chosen.test.event.astype(np.float64))
        written.append(path)
    for history in found.histories:
        if history.token not in EPISODES:
            continue
        whole = history_samples(history, found.parameters)
        risk = network_forecasts(found.weights, whole)[1][NETWORK]
        seen = "training saw it" if history.token in found.material.trained_tokens else "training did not see it"
        path = directory / f"alarms-{_file_name(history.token)}.png"
        plot_episode(path, history, whole.time.astype(np.float64), risk, whole.event.astype(np.float64), seen)
        written.append(path)
    return tuple(written)


def _file_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
