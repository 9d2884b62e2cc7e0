"""What is read from the chain about one asset at one epoch."""

from __future__ import annotations

from pydantic import Field

from statements.quantities import BigInteger
from statements.traveller import Traveller


class Observation(Traveller):
    """One observation, as ``IAssetObserver.Observation`` stores it.

    Attributes:
        epoch: home chain's ``observed_at // EPOCH_LENGTH``.
        rate: fair rate, wei of ETH per 1e18 token units.
        price: market price, wei of ETH per 1e18 token units.
        observed_at: Unix time, seconds.
        elapsed: epochs since the previous real observation.
        config_version: version of the asset's observation config.
        mean_total: time-weighted mean of the deposited total since the previous observation, token units.
        supply: total supply clamped to +-2 % per epoch, token units.
        price_age: age of the market price when it was read, seconds.
        carried: the epoch was missed and repeats the previous observation.
    """

    epoch: int = Field(ge=0, lt=1 << 32)
    rate: BigInteger = Field(gt=0, lt=1 << 96)
    price: BigInteger = Field(gt=0, lt=1 << 96)
    observed_at: int = Field(ge=0, lt=1 << 40)
    elapsed: int = Field(ge=1, lt=1 << 8)
    config_version: int = Field(ge=1, lt=1 << 16)
    mean_total: BigInteger = Field(ge=0, lt=1 << 104)
    supply: BigInteger = Field(gt=0, lt=1 << 104)
    price_age: int = Field(ge=0, lt=1 << 32)
    carried: bool = False
