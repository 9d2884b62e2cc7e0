"""A market as data: what each asset was worth, traded at, and who moved stake, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from statements.observation import Observation


class Move(StrEnum):
    """What a restaker does."""

    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Point:
    """One asset at the start of one epoch.

    Attributes:
        epoch: index from 0.
        timestamp: Unix time, seconds.
        rate: fair rate, wei of ETH per 1e18 token units.
        price: market price, wei of ETH per 1e18 token units.
        supply: total supply of the token, token units.
        total: stake deposited at this time, before the epoch's moves, token units.
    """

    epoch: int
    timestamp: int
    rate: int
    price: int
    supply: int
    total: int


@dataclass(frozen=True)
class RestakerMove:
    """One deposit or withdrawal, made in an epoch right after its observation.

    Attributes:
        epoch: index from 0.
        asset: symbol.
        restaker: role name.
        move: deposit or withdraw.
        amount: token units, positive; a withdrawal never exceeds what the restaker holds.
    """

    epoch: int
    asset: str
    restaker: str
    move: Move
    amount: int


@dataclass(frozen=True)
class StakeEvent:
    """One deposit or withdrawal of one holder, as an event of OmronDeposit tells it.

    Attributes:
        time: Unix time, seconds; it counts as done at this time.
        asset: token address or symbol.
        holder: account.
        move: deposit or withdraw.
        amount: token units, positive.
    """

    time: int
    asset: str
    holder: str
    move: Move
    amount: int


@dataclass(frozen=True)
class Market:
    """A played or replayed market.

    Attributes:
        points: by symbol, one point per epoch.
        moves: in order of epoch.
        truths: by symbol, what only a simulator knows; empty for a replayed market.
        events: by symbol, who deposited and withdrew when, in order of time; empty for a replayed market.
        notes: remarks for the reader, such as a column that was missing and what stands for it.
    """

    points: dict[str, tuple[Point, ...]]
    moves: tuple[RestakerMove, ...]
    truths: dict[str, tuple[Truth, ...]]
    events: dict[str, tuple[StakeEvent, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return len(next(iter(self.points.values())))

    def moves_at(self, epoch: int) -> tuple[RestakerMove, ...]:
        """The moves of one epoch, in order."""
        return tuple(move for move in self.moves if move.epoch == epoch)


@dataclass(frozen=True)
class Truth:
    """What the simulator knows about one asset at one epoch.

    Attributes:
        stressed: a depeg episode is under way.
        holdings: deposited stake by restaker, token units.
        hazards: expected share of its stake that each restaker withdraws in this epoch.
        queue_wait: epochs that a redemption asked for now takes.
    """

    stressed: bool
    holdings: tuple[int, ...]
    hazards: tuple[float, ...]
    queue_wait: float = 0.0


def observations_of(points: tuple[Point, ...]) -> tuple[Observation, ...]:
    """The observations that an on-chain observer makes of these points.

    Stake moves right after an observation, so the time-weighted mean since the previous one is the total that stands
    when the next is made.
    """
    return tuple(
        Observation(
            epoch=point.epoch,
            rate=point.rate,
            price=point.price,
            observed_at=point.timestamp,
            elapsed=1,
            config_version=1,
            mean_total=point.total,
            supply=point.supply,
            price_age=0,
        )
        for point in points
    )
