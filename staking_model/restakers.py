"""One cohort of restakers, holder by holder: who comes, who adds, who leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log
from random import Random
from typing import Final

from staking_model.profiles import Restaker

MOVE_GRAIN: Final = 10**12
"""Amounts are multiples of 1e-6 token."""
SIZE_SPREAD: Final = 0.8
"""Standard deviation of the logarithm of a deposit's size; assumed: a few large holders, many small ones."""
FULL_EXIT: Final = 0.7
"""Share of withdrawals that take all; the others take half. Assumed."""
RETURNING: Final = 0.3
"""Share of deposits made by somebody who holds already. Assumed."""
_SHARE_TAKEN: Final = FULL_EXIT + (1 - FULL_EXIT) / 2


@dataclass
class Cohort:
    """The holders of one cohort and asset.

    Attributes:
        restaker: what they have in common.
        size: mean deposit, token units.
        random: source of chance.
        held: sum of what they hold, token units.
    """

    restaker: Restaker
    size: float
    random: Random
    held: int = 0
    _names: list[str] = field(default_factory=list)
    _balances: list[int] = field(default_factory=list)
    _arrived: int = 0
    _until_next: float = 0.0

    def __post_init__(self) -> None:
        self._until_next = self.random.expovariate(1.0)

    def found(self, amount: float) -> list[tuple[str, int]]:
        """First deposits: ``amount`` token units in all, by as many holders as the cohort has members."""
        sizes = [self._draw_size() for _ in range(self.restaker.members)]
        scale = amount / sum(sizes)
        return [self._arrive(_grain(size * scale)) for size in sizes]

    def withdraw(self, hazard: float) -> list[tuple[str, int]]:
        """Withdrawals of one epoch, in which each unit leaves with probability ``hazard``.

        Returns:
            Holder and amount taken, token units.
        """
        moves = []
        # from the end, so that who has left does not shift those still to be looked at
        for index in reversed(self._struck(min(hazard / _SHARE_TAKEN, 1.0))):
            balance = self._balances[index]
            taken = balance if self.random.random() < FULL_EXIT else _grain(balance / 2)
            moves.append((self._names[index], taken))
            self._take(index, taken)
        return moves

    def deposit(self, expected: float, room: int) -> list[tuple[str, int]]:
        """Deposits of one epoch.

        Args:
            expected: token units that come on average.
            room: token units that can still be deposited; what would go beyond stays away.

        Returns:
            Holder and amount, token units.
        """
        moves = []
        # a Poisson process: exponential gaps, counted in deposits of mean size
        self._until_next -= expected / self.size
        while self._until_next <= 0:
            self._until_next += self.random.expovariate(1.0)
            amount = _grain(self._draw_size())
            if amount > room:
                continue
            room -= amount
            if self._names and self.random.random() < RETURNING:
                moves.append(self._add(self.random.randrange(len(self._names)), amount))
            else:
                moves.append(self._arrive(amount))
        return moves

    def _struck(self, probability: float) -> list[int]:
        """Indices of those who leave: each independently, found by jumping over those who stay."""
        if probability <= 0 or not self._names:
            return []
        if probability >= 1:
            return list(range(len(self._names)))
        struck: list[int] = []
        index = -1
        while True:
            index += 1 + int(log(1 - self.random.random()) / log(1 - probability))
            if index >= len(self._names):
                return struck
            struck.append(index)

    def _draw_size(self) -> float:
        # the mean of a log-normal is exp(mu + sigma^2 / 2)
        return self.size * exp(self.random.gauss(-(SIZE_SPREAD**2) / 2, SIZE_SPREAD))

    def _arrive(self, amount: int) -> tuple[str, int]:
        name = f"{self.restaker.name}-{self._arrived}"
        self._arrived += 1
        self._names.append(name)
        self._balances.append(amount)
        self.held += amount
        return name, amount

    def _add(self, index: int, amount: int) -> tuple[str, int]:
        self._balances[index] += amount
        self.held += amount
        return self._names[index], amount

    def _take(self, index: int, amount: int) -> None:
        self.held -= amount
        self._balances[index] -= amount
        if self._balances[index] == 0:
            del self._balances[index], self._names[index]


def _grain(amount: float) -> int:
    return max(1, int(amount) // MOVE_GRAIN) * MOVE_GRAIN
