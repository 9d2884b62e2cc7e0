"""How an asset's premium moves: calm reversion to its mean, depeg episodes, and the price of waiting in the queue."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import exp, exp2, sqrt
from random import Random
from statistics import fmean
from typing import Final

from staking_model.episodes import Episode
from staking_model.profiles import AssetProfile

FOLLOW: Final = 0.5
"""Share of its distance to an episode's depth that the discount covers per epoch; assumed."""
BURST_HALF_LIFE: Final = 72
"""Epochs in which a burst of volatility fades by half; assumed: three days."""
HOURS_PER_YEAR: Final = 24 * 365


@dataclass
class PremiumProcess:
    """The premium of one asset, stepped epoch by epoch.

    In calm it is a first-order autoregression about its mean, as the calibration estimates it, with a volatility whose
    logarithm is another one; episodes and the queue take a discount off that. A feed may
    show a mean of the last epochs.

    Attributes:
        profile: of the asset.
        random: source of chance.
        premium: market price over fair rate, minus 1, as the feed shows it.
        stress: in [0, 1].
    """

    profile: AssetProfile
    random: Random
    premium: float = field(init=False)
    stress: float = field(init=False, default=0.0)
    _deviation: float = field(init=False, default=0.0)
    _discount: float = field(init=False, default=0.0)
    _episode: Episode | None = field(init=False, default=None)
    _volatility: float = field(init=False, default=0.0)
    _recent: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        self.premium = self.profile.mean_premium
        self._recent = deque(maxlen=self.profile.feed_epochs)

    def step(self, epoch: int, wait: float) -> None:
        """Move to ``epoch``.

        Args:
            epoch: index from 0, one more than before.
            wait: of the withdrawal queue, epochs.
        """
        profile = self.profile
        if self._episode is None and self._begins(epoch):
            self._episode = profile.scheduled or Episode.draw(self.random, epoch, profile.episodes)
        depth = profile.price_of_waiting * wait / HOURS_PER_YEAR
        self.stress = 0.0
        if self._episode is not None:
            self.stress = self._episode.stress_at(epoch)
            depth += self._episode.depth_at(epoch)
            if self._episode.is_over(epoch):
                self._episode = None
        self._discount += FOLLOW * (depth - self._discount)
        # a market under stress is a louder one
        shock = self.random.gauss(0, profile.noise * (1 + 2 * self.stress) * self._burst())
        self._deviation += shock - profile.reversion * self._deviation
        self._recent.append(profile.mean_premium + self._deviation - self._discount)
        self.premium = fmean(self._recent)

    def _burst(self) -> float:
        """Volatility over its median."""
        spread = self.profile.volatility_spread
        if spread == 0:
            return 1.0
        keep = exp2(-1 / BURST_HALF_LIFE)
        self._volatility = keep * self._volatility + self.random.gauss(0, spread * sqrt(1 - keep * keep))
        return exp(self._volatility)

    def _begins(self, epoch: int) -> bool:
        chance = self.random.random() < self.profile.episode_hazard
        scheduled = self.profile.scheduled
        return epoch == scheduled.onset if scheduled is not None else chance
