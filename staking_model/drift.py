"""Whether live inputs are like those that the model was trained on.

Per feature, over all epochs of the windows: how much lies outside training's range, how much is clipped (on-chain and
off the same integers are clipped, :mod:`staking_model.features`, so a clipped input is an honest one that the model
cannot tell from its bound), and the population stability index over training's deciles.

The index says how unlike the two distributions are. One asset in a short time is never like many over years, so a shift
alone is a remark; values outside training's range, or clipped, are what the model has not learnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from staking_model.feature_range import FeatureRange
from staking_model.features import FEATURE_NAMES, FEATURES

DECILES: Final = tuple(number / 10 for number in range(1, 10))
SHARE_FLOOR: Final = 1e-3
"""An empty bin counts as this share, so that the index stays finite."""
LARGE_INDEX: Final = 0.25
"""Usual limit of the population stability index above which a shift is called large (Siddiqi 2006)."""
TAIL_LIMIT: Final = 0.1
"""Share beyond training's 1 % and 99 % quantiles, where 2 % lie in training, from which it counts as drift."""
MINIMUM_VALUES: Final = 100
"""Live values below which no stability index is given: spread over so many bins it would be noise."""


class Verdict(StrEnum):
    """What live inputs of a feature are like."""

    IN_RANGE = "in range"
    SHIFTED = "shifted"
    TAIL = "in the tails"
    CLIPPED = "clipped"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class FeatureDrift:
    """Live inputs of one feature beside training's.

    Attributes:
        name: of the feature.
        newest: its newest value.
        minimum: smallest live value.
        maximum: largest live value.
        outside_share: share of live values below training's minimum or above its maximum.
        tail_share: share of live values beyond training's 1 % and 99 % quantiles; 2 % is as in training.
        clipped_share: share of live values at -1 or 1.
        stability_index: population stability index against training's deciles; None with too few values to tell.
        verdict: the gravest of what was found.
    """

    name: str
    newest: float
    minimum: float
    maximum: float
    outside_share: float
    tail_share: float
    clipped_share: float
    stability_index: float | None
    verdict: Verdict


def feature_ranges(inputs: NDArray[np.floating[Any]]) -> tuple[FeatureRange, ...]:
    """Ranges for the model card.

    Args:
        inputs: [N, 32] training inputs in [-1, 1], in circuit order.
    """
    # quantiles are values that were met, so that at most 2 % of training lie beyond them, however few there are
    return tuple(
        FeatureRange(
            name=name,
            minimum=float(values.min()),
            p01=float(np.quantile(values, 0.01, method="lower")),
            p99=float(np.quantile(values, 0.99, method="higher")),
            maximum=float(values.max()),
            clipped_share=_rounded(_clipped(values)),
            edges=tuple(float(edge) for edge in _edges(values)),
            shares=tuple(float(share) for share in _shares(values, _edges(values))),
        )
        for name, values in _by_feature(inputs)
    )


def measure_drift(inputs: NDArray[np.floating[Any]], ranges: Sequence[FeatureRange]) -> tuple[FeatureDrift, ...]:
    """Compare live inputs with training's ranges.

    Args:
        inputs: [N, 32] live inputs in [-1, 1], oldest window first; at least one.
        ranges: of the model card, in circuit order.

    Returns:
        One per feature, in circuit order.
    """
    return tuple(_drift(values, known) for (_, values), known in zip(_by_feature(inputs), ranges, strict=True))


def stability_index(values: NDArray[np.float64], known: FeatureRange) -> float:
    """Population stability index: sum over bins of (live - training) ln(live / training).

    Bins lie between training's deciles. A decile is a bin of its own, because features that are mostly zero have most
    of their values there.
    """
    live = np.maximum(_shares(values, np.asarray(known.edges)), SHARE_FLOOR)
    training = np.maximum(np.asarray(known.shares), SHARE_FLOOR)
    return float(((live - training) * np.log(live / training)).sum())


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    # a quantile between two values would never be met again, so the values themselves are taken
    edges: NDArray[np.float64] = np.unique(np.quantile(values, DECILES, method="lower"))
    return edges


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of values in each bin: 2 i is below edge i, 2 i + 1 at it, the last above all."""
    bins = np.searchsorted(edges, values, side="left") + np.searchsorted(edges, values, side="right")
    shares: NDArray[np.float64] = np.bincount(bins, minlength=2 * len(edges) + 1) / len(values)
    return shares


def _drift(values: NDArray[np.float64], known: FeatureRange) -> FeatureDrift:
    outside = float(((values < known.minimum) | (values > known.maximum)).mean())
    tail = float(((values < known.p01) | (values > known.p99)).mean())
    clipped = _clipped(values)
    index = stability_index(values, known) if len(values) >= MINIMUM_VALUES else None
    return FeatureDrift(
        name=known.name,
        newest=float(values[-1]),
        minimum=float(values.min()),
        maximum=float(values.max()),
        outside_share=_rounded(outside),
        tail_share=_rounded(tail),
        clipped_share=_rounded(clipped),
        stability_index=None if index is None else _rounded(index),
        verdict=_verdict(outside, tail, clipped, index, known),
    )


def _verdict(outside: float, tail: float, clipped: float, index: float | None, known: FeatureRange) -> Verdict:
    if outside > 0:
        return Verdict.OUTSIDE
    if clipped > 0 and clipped > 2 * known.clipped_share:
        return Verdict.CLIPPED
    if tail > TAIL_LIMIT:
        return Verdict.TAIL
    if index is not None and index > LARGE_INDEX:
        return Verdict.SHIFTED
    return Verdict.IN_RANGE


def _by_feature(inputs: NDArray[np.floating[Any]]) -> list[tuple[str, NDArray[np.float64]]]:
    epochs = inputs.astype(np.float64).reshape(-1, FEATURES)
    return [(name, epochs[:, index]) for index, name in enumerate(FEATURE_NAMES)]


def _clipped(values: NDArray[np.float64]) -> float:
    return float((np.abs(values) >= 1).mean())


def _rounded(value: float) -> float:
    return round(float(value), 6)
