"""A seeded market of restakers: rates grow, prices deviate, stake comes for points and leaves under stress.

Premium, episodes, growth and the exit queue take their figures from real history (:mod:`staking_model.calibrated`).
Who restakes, for how long and how nervously is assumed: no record of real staking durations is public. The same seed
gives the same market.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from staking_model.features import WAD
from staking_model.market import Market, Move, Point, RestakerMove, StakeEvent, Truth
from staking_model.premium import PremiumProcess
from staking_model.profiles import AssetProfile, Restaker, demo_profile
from staking_model.restakers import Cohort
from staking_model.withdrawal_queue import WithdrawalQueue
from statements.errors import ConfigurationError

EPOCH_SECONDS: Final = 3600
EPOCHS_PER_YEAR: Final = 24 * 365
DEMO_ASSETS: Final = ("ezETH", "weETH", "wETH")
"""A depegging asset, a calm one, and wrapped ETH."""
LARGEST_HAZARD: Final = 0.5
LARGEST_SHARE: Final = 0.8
"""Of the supply that is ever deposited."""
MOVE_DELAY: Final = 1
"""Seconds after an epoch's observation at which its deposits and withdrawals count as done."""


def simulate_market(seed: int, epochs: int, assets: Sequence[str] = DEMO_ASSETS, *, start: int = 0) -> Market:
    """The demo's market.

    Args:
        seed: of all chance.
        epochs: hourly epochs, at least one.
        assets: symbols known to :func:`demo_profile`.
        start: Unix time of epoch 0, seconds.

    Returns:
        One point per epoch and asset, every holder's deposits and withdrawals, and the net move of each cohort. Epoch 0
        holds the first deposits.

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
    events: dict[str, tuple[StakeEvent, ...]] = {}
    moves: list[RestakerMove] = []
    for profile in profiles:
        # each asset has chance of its own, so that adding an asset does not change the others
        asset = _Asset(profile, Random(f"{seed}/{profile.symbol}"))  # noqa: S311 - a market, not a secret
        rows = [asset.step(epoch, start + epoch * EPOCH_SECONDS) for epoch in range(epochs)]
        points[profile.symbol] = tuple(row.point for row in rows)
        truths[profile.symbol] = tuple(row.truth for row in rows)
        events[profile.symbol] = tuple(event for row in rows for event in row.events)
        moves += [move for row in rows for move in row.moves]
    moves.sort(key=lambda move: move.epoch)
    return Market(points=points, moves=tuple(moves), truths=truths, events=events)


@dataclass(frozen=True)
class _Row:
    point: Point
    truth: Truth
    moves: list[RestakerMove]
    events: list[StakeEvent]


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
        staked = self.supply * profile.staked_share
        self.queue = WithdrawalQueue(profile.queue_capacity * staked, profile.network_waits, random)
        self.initial = [staked * restaker.share for restaker in profile.restakers]
        self.cohorts = [
            Cohort(restaker, initial / restaker.members, random)
            for restaker, initial in zip(profile.restakers, self.initial, strict=True)
        ]

    def step(self, epoch: int, timestamp: int) -> _Row:
        profile = self.profile
        self.premium.step(epoch, self.queue.wait)
        self._grow_rate(epoch)
        price = self.rate if profile.is_parity else round(self.rate * (1 + self.premium.premium))
        holdings = tuple(cohort.held for cohort in self.cohorts)
        point = Point(epoch, timestamp, self.rate, price, self.supply, sum(holdings))
        self.incentive += -0.01 * self.incentive + self.random.gauss(0, 0.05)
        hazards = tuple(self._hazard(restaker) for restaker in profile.restakers)
        truth = Truth(self.premium.stress > 0, holdings, hazards, self.queue.wait)
        events = self._events(epoch, timestamp, hazards)
        left = sum(event.amount for event in events if event.move is Move.WITHDRAW)
        self.queue.step(left)
        return _Row(point, truth, self._moves(epoch, holdings), events)

    def _grow_rate(self, epoch: int) -> None:
        self.growth += self.profile.yearly_growth / EPOCHS_PER_YEAR * self.random.uniform(0.8, 1.2)
        if epoch % self.profile.rate_update_epochs == 0:
            self.rate = round(self.rate * (1 + self.growth))
            self.growth = 0.0

    def _hazard(self, restaker: Restaker) -> float:
        """Share of its stake that a cohort withdraws this epoch: points hold it, stress drives it out."""
        calm = exp(-self.incentive) / restaker.horizon
        return min(calm * (1 + restaker.nerves * self.premium.stress), LARGEST_HAZARD)

    def _events(self, epoch: int, timestamp: int, hazards: tuple[float, ...]) -> list[StakeEvent]:
        """What the holders do, cohort by cohort; it counts as done ``MOVE_DELAY`` after the observation."""
        profile = self.profile
        appetite = profile.attraction * exp(self.incentive) * (1 - self.premium.stress) ** 2
        events = []
        for cohort, initial, hazard in zip(self.cohorts, self.initial, hazards, strict=True):
            if epoch == 0:
                gone, come = [], cohort.found(initial)
            else:
                gone = cohort.withdraw(hazard)
                # newcomers replace stake that leaves in calm; when it is crowded nobody comes any more
                room = 1 - sum(each.held for each in self.cohorts) / (LARGEST_SHARE * self.supply)
                arrives = (0.5 * cohort.held + 0.5 * initial) / cohort.restaker.horizon * appetite
                come = cohort.deposit(arrives * min(1.0, 2 * max(room, 0.0)), int(room * LARGEST_SHARE * self.supply))
            for move, changes in ((Move.WITHDRAW, gone), (Move.DEPOSIT, come)):
                time = timestamp + MOVE_DELAY
                events += [StakeEvent(time, profile.symbol, name, move, amount) for name, amount in changes]
        return events

    def _moves(self, epoch: int, before: tuple[int, ...]) -> list[RestakerMove]:
        """The net move of each cohort, for those who play a market with one account a cohort."""
        moves = []
        for cohort, held in zip(self.cohorts, before, strict=True):
            change = cohort.held - held
            if change:
                move = Move.DEPOSIT if change > 0 else Move.WITHDRAW
                moves.append(RestakerMove(epoch, self.profile.symbol, cohort.restaker.name, move, abs(change)))
        return moves
