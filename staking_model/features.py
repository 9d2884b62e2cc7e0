"""The model's inputs: four features per epoch, equal bit for bit to ``contracts/feed/FeatureMath.sol``.

Only Python integers are used. Solidity's signed division truncates toward zero while Python's ``//``
rounds down, so every division goes through :func:`truncated_division`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from statements.errors import VeristakeError
from statements.observation import Observation

WINDOW: Final = 8
"""Epochs that the model sees."""
FEATURES: Final = 4
"""Features per epoch: premium, premium change, flow, rate growth."""
FEATURE_NAMES: Final = ("premium", "premium_change", "flow", "rate_growth")
"""In circuit order."""
INPUTS: Final = WINDOW * FEATURES
"""Model inputs: epoch by epoch from the oldest, four features each."""
OBSERVATIONS: Final = WINDOW + 1
"""Observations needed: the oldest serves only as the predecessor of the first epoch in the window."""
WAD: Final = 10**18
"""One, in the 18-decimal fixed point of rates and prices."""


class WindowError(VeristakeError):
    """The observations do not form a window."""


class FeatureParameters(BaseModel):
    """Factors of the four features, as ``IAssetObserver.FeatureParameters``; the defaults are the shipped model's.

    Attributes:
        premium_factor: multiplies the premium before it is clipped to [-1, 1].
        premium_change_factor: multiplies the change of premium per epoch.
        flow_factor: multiplies net flow over supply per epoch.
        rate_growth_factor: multiplies growth of the fair rate per epoch.
        input_scale_bits: features are integers at 2^input_scale_bits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    premium_factor: int = Field(default=40, gt=0, lt=1 << 32)
    premium_change_factor: int = Field(default=10000, gt=0, lt=1 << 32)
    flow_factor: int = Field(default=100, gt=0, lt=1 << 32)
    rate_growth_factor: int = Field(default=40000, gt=0, lt=1 << 32)
    input_scale_bits: int = Field(default=12, ge=1, le=14)

    @property
    def one(self) -> int:
        """The integer that stands for 1: 2^input_scale_bits."""
        return 1 << self.input_scale_bits


def truncated_division(numerator: int, denominator: int) -> int:
    """Quotient rounded toward zero, as Solidity's ``/`` on ``int256``.

    Args:
        numerator: any integer.
        denominator: positive.
    """
    quotient = abs(numerator) // denominator
    return -quotient if numerator < 0 else quotient


def clip(value: int, bound: int) -> int:
    """``value`` limited to [-bound, bound]."""
    return max(-bound, min(bound, value))


def premium_wad(observation: Observation) -> int:
    """Market price over fair rate, minus 1, at 1e18, truncated toward zero."""
    return truncated_division((observation.price - observation.rate) * WAD, observation.rate)


def epoch_features(
    previous: Observation, current: Observation, parameters: FeatureParameters
) -> tuple[int, int, int, int]:
    """The four features of one epoch.

    Args:
        previous: the observation of the epoch before.
        current: the observation of the epoch.
        parameters: factors and scale.

    Returns:
        Premium, premium change, flow and rate growth, each in [-2^input_scale_bits, 2^input_scale_bits].
    """
    one = parameters.one
    premium = premium_wad(current)
    quotients = (
        (premium * parameters.premium_factor, WAD),
        ((premium - premium_wad(previous)) * parameters.premium_change_factor, WAD * current.elapsed),
        (
            (current.mean_total - previous.mean_total) * parameters.flow_factor,
            current.supply * current.elapsed,
        ),
        ((current.rate - previous.rate) * parameters.rate_growth_factor, previous.rate * current.elapsed),
    )
    f0, f1, f2, f3 = (clip(truncated_division(n * one, d), one) for n, d in quotients)
    return f0, f1, f2, f3


def window_features(window: Sequence[Observation], parameters: FeatureParameters) -> tuple[int, ...]:
    """The model's 32 inputs.

    Args:
        window: nine observations of consecutive epochs, oldest first, of one config version.
        parameters: factors and scale of that config version.

    Returns:
        Signed fixed point at 2^input_scale_bits: epoch by epoch from the oldest, four features each.

    Raises:
        WindowError: count, order or config version do not fit.
    """
    if len(window) != OBSERVATIONS:
        raise WindowError(
            f"window has {len(window)} observations, expected {OBSERVATIONS}",
            remedy=f"Pass the epoch's own observation and the {WINDOW} before it",
        )
    pairs = list(pairwise(window))
    for previous, current in pairs:
        if current.epoch != previous.epoch + 1:
            raise WindowError(
                f"epoch {current.epoch} follows epoch {previous.epoch} in the window",
                remedy="Pass consecutive epochs, oldest first",
            )
        if current.config_version != previous.config_version:
            raise WindowError(
                f"epoch {current.epoch} has config version {current.config_version}, the one before "
                f"{previous.config_version}",
                remedy="Wait until a whole window has been observed under one config version",
            )
    return tuple(feature for pair in pairs for feature in epoch_features(*pair, parameters))
