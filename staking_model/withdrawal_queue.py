"""The queue in which redeemed tokens wait for their ETH."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log
from random import Random
from typing import Final

REDRAW_HAZARD: Final = 1 / (30 * 24)
"""Chance per epoch that the network's own queue heads for another length; assumed: about once a month."""
APPROACH: Final = 1 / 72
"""Share of its distance to that length that it covers per epoch; assumed: three days."""
PATIENCE: Final = 72.0
"""Wait, epochs, at which half of those who leave sell instead of redeeming; assumed."""
SHORTEST_WAIT: Final = 0.1
"""Epochs; quantiles below count as this on the logarithmic scale."""


@dataclass
class WithdrawalQueue:
    """First in, first out: the asset's backlog behind what the whole network has queued.

    Attributes:
        capacity: token units that the asset's operators can pay out per epoch; 0 where redeeming takes no time at all.
        quantiles: (share, epochs) of the network's wait, increasing; empty for none.
        random: source of chance.
        backlog: token units asked for and not paid yet.
    """

    capacity: float
    quantiles: Sequence[tuple[float, float]]
    random: Random
    backlog: float = 0.0
    _network: float = field(init=False, default=0.0)
    _heading: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if self.quantiles:
            self._heading = self._network = self._draw()

    @property
    def wait(self) -> float:
        """Epochs until somebody who joins now is paid."""
        return self._network + (self.backlog / self.capacity if self.capacity else 0.0)

    def step(self, leaving: float) -> None:
        """One epoch passes in which holders of ``leaving`` token units want their ETH; some of them sell instead."""
        if self.quantiles and self.random.random() < REDRAW_HAZARD:
            self._heading = self._draw()
        self._network += APPROACH * (self._heading - self._network)
        if self.capacity:
            redeemed = leaving / (1 + self.wait / PATIENCE)
            self.backlog = max(0.0, self.backlog + redeemed - self.capacity)

    def _draw(self) -> float:
        """A wait by its quantiles, between two of them evenly on a logarithmic scale."""
        share = self.random.random()
        before = (0.0, SHORTEST_WAIT)
        for upper in self.quantiles:
            if share <= upper[0]:
                low, high = (log(max(wait, SHORTEST_WAIT)) for wait in (before[1], upper[1]))
                return exp(low + (high - low) * (share - before[0]) / (upper[0] - before[0]))
            before = upper
        return before[1]
