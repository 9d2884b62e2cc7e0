"""Observations from the simulator."""

from __future__ import annotations

from dataclasses import dataclass

from staking_model.market import Market, observations_of
from staking_model.observations.source import AssetHistory
from staking_model.simulator import EPOCH_SECONDS
from statements.errors import ConfigurationError


@dataclass(frozen=True)
class SimulatedSource:
    """A simulated market, as an observer would have recorded it.

    Attributes:
        market: what was simulated.
    """

    market: Market

    def assets(self) -> tuple[str, ...]:
        """Symbols of the market."""
        return tuple(self.market.points)

    def history(self, asset: str) -> AssetHistory:
        """The record of one asset, with every holder's deposits and withdrawals.

        The first point, at which nothing is deposited yet, is the baseline that no window contains.

        Raises:
            ConfigurationError: the market does not have it.
        """
        if asset not in self.market.points:
            raise ConfigurationError(
                f"no simulated asset {asset!r}", remedy=f"Choose from {', '.join(self.market.points)}"
            )
        observations = observations_of(self.market.points[asset])[1:]
        events = self.market.events.get(asset)
        return AssetHistory(asset, EPOCH_SECONDS, observations, events, self.market.notes)
