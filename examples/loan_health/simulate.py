"""Simulated loans against liquid restaking tokens, and whether they were liquidated within a week.

Nobody publishes labelled loans of this kind, so these are simulated; the network can be no better than this model of
the world. Loans come in regimes of the market, later ones rougher, and are split by regime, never at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEATURES: Final = (
    "health",
    "volatility",
    "momentum",
    "discount",
    "utilisation",
    "diligence",
    "size",
    "concentration",
)
"""In the order of the network's input, each clipped to [-1, 1]."""
DAYS: Final = 7
"""Horizon of the label."""
_TOP_UP_BELOW, _TOP_UP_TO = 1.15, 1.4


@dataclass(frozen=True)
class Loans:
    """Loans as they stood on their day, and what became of them.

    Attributes:
        features: [loans, 8] in [-1, 1].
        health: collateral x threshold / debt, [loans].
        volatility: standard deviation of the collateral's daily log return, [loans].
        liquidated: 1 where health fell below 1 within the horizon, [loans].
        regime: in which stretch of the market, [loans].
    """

    features: Floats
    health: Floats
    volatility: Floats
    liquidated: Floats
    regime: NDArray[np.int64]


def simulate_loans(seed: int, regimes: int, loans_per_regime: int) -> Loans:
    """Draw loans and follow each for a week.

    Args:
        seed: same seed, same loans.
        regimes: stretches of the market.
        loans_per_regime: loans in each.
    """
    chance = np.random.default_rng(seed)
    count = regimes * loans_per_regime
    regime = np.repeat(np.arange(regimes), loans_per_regime)
    roughness = np.repeat(chance.lognormal(0.0, 0.35, regimes) * np.linspace(0.9, 1.2, regimes), loans_per_regime)
    volatility = np.clip(0.03 * roughness * chance.lognormal(0.0, 0.2, count), 0.005, 0.15)
    momentum = chance.normal(0.0, 2.0 * volatility)
    discount = np.clip(
        np.abs(chance.normal(0.0, 0.006 * roughness)) * chance.choice([0.3, 3.0], count, p=[0.8, 0.2]), 0, 0.1
    )
    utilisation = chance.beta(5, 2, count)
    diligence = chance.beta(2, 2, count)
    size = chance.normal(0.0, 1.0, count)
    concentration = chance.beta(2, 3, count)
    health = 1.0 + chance.lognormal(-1.9, 0.7, count)
    liquidated = _follow(chance, health, volatility, momentum, discount, utilisation, diligence, concentration)
    features = np.stack(
        [
            2.0 * np.log(health) / np.log(2.0) - 1.0,
            volatility / 0.05 - 1.0,
            momentum / 0.2,
            discount / 0.02 - 1.0,
            2.0 * utilisation - 1.0,
            2.0 * diligence - 1.0,
            size / 3.0,
            2.0 * concentration - 1.0,
        ],
        axis=1,
    )
    return Loans(np.clip(features, -1.0, 1.0), health, volatility, liquidated, regime)


def _follow(
    chance: np.random.Generator,
    health: Floats,
    volatility: Floats,
    momentum: Floats,
    discount: Floats,
    utilisation: Floats,
    diligence: Floats,
    concentration: Floats,
) -> Floats:
    """Day by day: returns with a little momentum, sudden breaks of the peg, interest, top-ups by the diligent."""
    held, fallen = health.copy(), np.zeros(len(health))
    daily_break = np.clip(0.002 + 1.5 * discount * (0.3 + concentration), 0.0, 0.5)
    for _ in range(DAYS):
        moves = 0.05 * momentum + volatility * chance.standard_normal(len(held))
        breaks = chance.random(len(held)) < daily_break
        moves -= breaks * chance.exponential(0.04 + 0.06 * concentration)
        # interest climbs steeply when the pool is nearly empty
        interest = 0.0001 + 0.002 * np.maximum(utilisation - 0.8, 0.0) / 0.2
        held = held * np.exp(moves - interest)
        fallen = np.maximum(fallen, held < 1.0)
        topped = (held < _TOP_UP_BELOW) & (chance.random(len(held)) < 0.8 * diligence) & (fallen == 0)
        held = np.where(topped, _TOP_UP_TO, held)
    return fallen
