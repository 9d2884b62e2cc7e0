"""How an asset's premium moves: calm reversion to its mean, and depeg episodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from staking_model.episodes import Episode
from staking_model.profiles import AssetProfile

REVERSION: Final = 0.12
"""Share of its distance to the target that the premium covers per epoch."""
OVER: Final = 0.03
"""An episode ends when its stress has decayed to this."""


@dataclass
class PremiumProcess:
    """The premium of one asset, stepped epoch by epoch.

    Attributes:
        profile: of the asset.
        random: source of chance.
        premium: market price over fair rate, minus 1.
        stress: in [0, 1].
    """

    profile: AssetProfile
    random: Random
    premium: float = field(init=False)
    stress: float = field(init=False, default=0.0)
    _episode: Episode | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.premium = self.profile.mean_premium

    def step(self, epoch: int) -> None:
        """Move to ``epoch``."""
        profile = self.profile
        if self._episode is None and self._begins(epoch):
            self._episode = profile.scheduled or Episode.draw(self.random, epoch, profile.severity)
        depth = 0.0
        self.stress = 0.0
        if self._episode is not None:
            self.stress = self._episode.stress_at(epoch)
            depth = self._episode.depth_at(epoch)
            if self.stress < OVER:
                self._episode = None
        # a market under stress is also a louder and a quicker one
        pull = REVERSION * (1 + 4 * self.stress)
        shock = self.random.gauss(0, profile.noise * (1 + 2 * self.stress))
        self.premium += pull * (profile.mean_premium - depth - self.premium) + shock

    def _begins(self, epoch: int) -> bool:
        chance = self.random.random() < self.profile.episode_hazard
        scheduled = self.profile.scheduled
        return epoch == scheduled.onset if scheduled is not None else chance
