"""The figures that the simulator takes from real history: read from a committed file that holds figures and no data."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from statements.errors import ConfigurationError

CALIBRATION_NAME: Final = "calibration.json"
SHIPPED: Final = Path(__file__).parent / "shipped"


class Figure(BaseModel):
    """One estimate.

    Attributes:
        name: of the parameter.
        asset: that it was seen on, or ``network``.
        value: the estimate.
        unit: of the value.
        source: file that it was estimated from, below the data folder.
        first: first day of the record, ISO 8601.
        last: last day of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    asset: str
    value: float
    unit: str
    source: str
    first: str
    last: str


class RecordedEpisode(BaseModel):
    """One depeg on record (:mod:`staking_model.calibration`).

    Attributes:
        asset: that it was seen on.
        began: day, ISO 8601.
        depth: deepest shortfall against the trailing median, a fraction.
        slide_hours: from begin to bottom; half a step where both are the same.
        half_life_hours: from bottom until half of the depth was made good.
        hours: from begin to end.
        step_hours: of the record; nothing shorter can be told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset: str
    began: str
    depth: float
    slide_hours: float
    half_life_hours: float
    hours: float
    step_hours: float


class Calibration(BaseModel):
    """All estimates.

    Attributes:
        version: of this format.
        figures: the estimates, in order of source.
        episodes: depegs on record, by token and in order of time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[2] = 2
    figures: tuple[Figure, ...]
    episodes: tuple[RecordedEpisode, ...] = ()

    def of(self, name: str, asset: str) -> float:
        """The estimate of a parameter for one token.

        Raises:
            ConfigurationError: nobody estimated it.
        """
        for figure in self.figures:
            if (figure.name, figure.asset) == (name, asset):
                return figure.value
        raise ConfigurationError(
            f"the calibration has no {name!r} of {asset}",
            remedy="Run `veristake model calibrate` on the whole data folder",
        )

    def episodes_of(self, asset: str) -> tuple[RecordedEpisode, ...]:
        """The depegs of one token.

        Raises:
            ConfigurationError: none is on record.
        """
        found = tuple(episode for episode in self.episodes if episode.asset == asset)
        if not found:
            raise ConfigurationError(
                f"the calibration has no episodes of {asset}",
                remedy="Run `veristake model calibrate` on the whole data folder",
            )
        return found

    def span(self, name: str) -> tuple[float, float]:
        """Smallest and largest estimate of a parameter over the tokens.

        Raises:
            ConfigurationError: nobody estimated it.
        """
        values = [figure.value for figure in self.figures if figure.name == name]
        if not values:
            raise ConfigurationError(
                f"the calibration has no {name!r}", remedy="Run `veristake model calibrate` on the whole data folder"
            )
        return min(values), max(values)

    def value(self, name: str) -> float:
        """The estimate of a parameter that was seen in one place.

        Raises:
            ConfigurationError: nobody estimated it.
        """
        return self.span(name)[0]


@cache
def calibrated() -> Calibration:
    """The committed calibration."""
    return Calibration.model_validate_json((SHIPPED / CALIBRATION_NAME).read_text("utf-8"))
