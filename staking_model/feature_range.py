"""What training saw of a feature, as the model card keeps it; no numpy, so that a card can be read without it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class FeatureRange(BaseModel):
    """What training saw of one feature, over all epochs of all windows; values in [-1, 1].

    Attributes:
        name: of the feature.
        minimum: smallest value.
        p01: 1 % quantile.
        p99: 99 % quantile.
        maximum: largest value.
        clipped_share: share of values at -1 or 1.
        edges: distinct deciles, increasing.
        shares: share of training's values below the first edge, at it, between it and the second, at that, and so on,
            above the last: 2 E + 1 for E edges.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    minimum: float = Field(ge=-1, le=1)
    p01: float = Field(ge=-1, le=1)
    p99: float = Field(ge=-1, le=1)
    maximum: float = Field(ge=-1, le=1)
    clipped_share: float = Field(ge=0, le=1)
    edges: tuple[float, ...] = Field(min_length=1, max_length=9)
    shares: tuple[float, ...] = Field(min_length=3, max_length=19)
