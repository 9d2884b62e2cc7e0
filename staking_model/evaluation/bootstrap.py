"""How sure a figure is: resampling by episode, since neighbouring windows are nearly the same evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from staking_model.metrics import Interval

RUNS: Final = 400
LOW, HIGH = 0.05, 0.95
DIGITS: Final = 5

Rows = NDArray[np.int64]


class Resamples:
    """Bootstrap samples of whole blocks (Efron and Tibshirani 1993, section 8.6).

    Args:
        blocks: [N] number of the block of each row: an episode and the quiet before it.
        seed: of the draws.
        runs: how many samples.
    """

    def __init__(self, blocks: NDArray[np.int64], seed: int = 0, runs: int = RUNS) -> None:
        generator = np.random.default_rng(seed)
        members = [np.flatnonzero(blocks == block) for block in np.unique(blocks)]
        self._draws: list[Rows] = []
        for _ in range(runs):
            chosen = generator.integers(0, len(members), len(members))
            self._draws.append(np.concatenate([members[index] for index in chosen]))

    def interval(self, figure: Callable[[Rows], float]) -> Interval:
        """The 90 % percentile interval of a figure of rows."""
        figures = [figure(rows) for rows in self._draws]
        low, high = np.quantile(figures, (LOW, HIGH))
        return Interval(low=round(float(low), DIGITS), high=round(float(high), DIGITS))
