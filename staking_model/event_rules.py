"""The thresholds of the exit-risk label; no numpy, so that a card can be read without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class EventRule:
    """What counts as a stress event.

    Attributes:
        horizon: epochs in which it counts.
        trailing: epochs whose changes make the spread.
        spread_multiple: of the premium's spread over the horizon.
        spread_floor: smallest spread over the horizon; a fraction of the fair value.
        outflow_multiple: of the flow's spread over the horizon.
        outflow_floor: smallest net outflow that counts, as a share of the stake.
    """

    horizon: int
    trailing: int
    spread_multiple: float = 3.0
    spread_floor: float = 1e-5
    outflow_multiple: float = 3.0
    outflow_floor: float = 0.05


HOURLY: Final = EventRule(horizon=24, trailing=168)
"""Hourly epochs: 24 hours ahead, spread of 7 days."""
DAILY: Final = EventRule(horizon=7, trailing=30)
"""Daily figures: 7 days ahead, spread of 30 days."""
