"""A seeded market of restakers: rates grow, prices deviate, stake comes for points and leaves under stress.

It is a stylised market, made to have what the model must learn and what a demo must show; no record of real staking
durations is public. The same seed gives the same market.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from staking_model.features import WAD
from staking_model.market import Market, Move, Point, RestakerMove, Truth
from staking_model.premium import PremiumProcess
from staking_model.profiles import AssetProfile, Restaker, demo_profile
from statements.errors import ConfigurationError

EPOCH_SECONDS: Final = 3600
EPOCHS_PER_YEAR: Final = 24 * 365
DEMO_ASSETS: Final = ("ezETH", "weETH", "wETH")
"""A depegging asset, a calm one, and wrapped ETH."""
SMALLEST_MOVE: Final = 0.003
"""A cohort moves once it wants to move this share of its stake: nobody pays gas for less."""
WHIM: Final = 1.0
"""Standard deviation of a cohort's net move in calm, over what leaves it in calm."""
MOVE_GRAIN: Final = 10**12
"""Amounts are multiples of 1e-6 token."""
LARGEST_HAZARD: Final = 0.5


def simulate_market(seed: int, epochs: int, assets: Sequence[str] = DEMO_ASSETS, *, start: int = 0) -> Market:
    """The demo's market.

    Args:
        seed: of all chance.
        epochs: hourly epochs, at least one.
        assets: symbols known to :func:`demo_profile`.
        start: Unix time of epoch 0, seconds.

    Returns:
        One point per epoch and asset, and the restakers' moves. Epoch 0 holds the first deposits.

    Raises:
        ConfigurationError: unknown asset, or no epochs.
    """
    return simulate(seed, epochs, [demo_profile(symbol, epochs) for symbol in assets], start=start)


def simulate(seed: int, epochs: int, profiles: Sequence[AssetProfile], *, start: int = 0) -> Market:
    """A market of any profiles; see :func:`simulate_market`."""
    if epochs < 1 or not profiles:
        raise ConfigurationError(
            f"a market of {epochs} epochs and {len(profiles)} assets is empty", remedy="Ask for at least one of each"
        )
    points: dict[str, tuple[Point, ...]] = {}
    truths: dict[str, tuple[Truth, ...]] = {}
    moves: list[RestakerMove] = []
    for profile in profiles:
        # each asset has chance of its own, so that adding an asset does not change the others
        asset = _Asset(profile, Random(f"{seed}/{profile.symbol}"))  # noqa: S311 - a market, not a secret
        rows = [asset.step(epoch, start + epoch * EPOCH_SECONDS) for epoch in range(epochs)]
        points[profile.symbol] = tuple(row.point for row in rows)
        truths[profile.symbol] = tuple(row.truth for row in rows)
        moves += [move for row in rows for move in row.moves]
    moves.sort(key=lambda move: move.epoch)
    return Market(points=points, moves=tuple(moves), truths=truths)


@dataclass(frozen=True)
class _Row:
    point: Point
    truth: Truth
    moves: list[RestakerMove]


class _Asset:
    """One asset's state."""

    def __init__(self, profile: AssetProfile, random: Random) -> None:
        self.profile = profile
        self.random = random
        self.premium = PremiumProcess(profile, random)
        self.growth = 0.0
        self.rate = round(profile.rate * WAD)
        self.supply = profile.supply_tokens * WAD
        self.incentive = 0.0
        self.holdings = [0] * len(profile.restakers)
        self.wanted = [0.0] * len(profile.restakers)

    def step(self, epoch: int, timestamp: int) -> _Row:
        profile = self.profile
        self.premium.step(epoch)
        self._grow_rate(epoch)
        price = self.rate if profile.is_parity else round(self.rate * (1 + self.premium.premium))
        point = Point(epoch, timestamp, self.rate, price, self.supply, sum(self.holdings))
        self.incentive += -0.01 * self.incentive + self.random.gauss(0, 0.05)
        hazards = tuple(self._hazard(restaker) for restaker in profile.restakers)
        truth = Truth(self.premium.stress > 0, tuple(self.holdings), hazards)
        amounts = self._first_deposits() if epoch == 0 else self._amounts(hazards)
        moves = []
        for index, amount in enumerate(amounts):
            if amount == 0:
                continue
            self.holdings[index] += amount
            move = Move.DEPOSIT if amount > 0 else Move.WITHDRAW
            name = profile.restakers[index].name
            moves.append(RestakerMove(epoch, profile.symbol, name, move, abs(amount)))
        return _Row(point, truth, moves)

    def _grow_rate(self, epoch: int) -> None:
        self.growth += self.profile.yearly_growth / EPOCHS_PER_YEAR * self.random.uniform(0.8, 1.2)
        if epoch % self.profile.rate_update_epochs == 0:
            self.rate = round(self.rate * (1 + self.growth))
            self.growth = 0.0

    def _hazard(self, restaker: Restaker) -> float:
        """Share of its stake that a cohort withdraws this epoch: points hold it, stress drives it out."""
        calm = exp(-self.incentive) / restaker.horizon
        return min(calm * (1 + restaker.nerves * self.premium.stress), LARGEST_HAZARD)

    def _first_deposits(self) -> list[int]:
        staked = self.supply * self.profile.staked_share
        return [_grain(staked * restaker.share) for restaker in self.profile.restakers]

    def _amounts(self, hazards: tuple[float, ...]) -> list[int]:
        """Net deposits (positive) and withdrawals (negative) of each cohort."""
        profile = self.profile
        appetite = profile.attraction * exp(self.incentive) * (1 - self.premium.stress) ** 2
        # newcomers replace stake that leaves in calm; when it is crowded nobody comes any more
        room = max(0.0, 1 - sum(self.holdings) / (0.8 * self.supply))
        crowding = min(1.0, 2 * room)
        amounts = []
        for index, restaker in enumerate(profile.restakers):
            initial = self.supply * profile.staked_share * restaker.share
            held = self.holdings[index]
            arrives = (0.5 * held + 0.5 * initial) / restaker.horizon * appetite * crowding
            leaves = held * hazards[index]
            self.wanted[index] += arrives - leaves + self.random.gauss(0, WHIM * held / restaker.horizon)
            if abs(self.wanted[index]) < SMALLEST_MOVE * max(held, 0.2 * initial):
                amounts.append(0)
                continue
            amount = max(_grain(self.wanted[index]), -held)
            self.wanted[index] = 0.0
            amounts.append(amount)
        return amounts


def _grain(amount: float) -> int:
    return int(amount) // MOVE_GRAIN * MOVE_GRAIN
