"""Staking duration from deposit and withdrawal events: how long the stake that is deposited now will stay.

The label at time t is the mean, weighted by units, of min(remaining holding time, maximum) over all units deposited
at t.

*Which units leave.* A deposit contract keeps balances, so which of a holder's deposits a partial withdrawal takes is a
convention. Here it is first in, first out, per holder: it keeps amounts whole integers and touches few lots, whereas
shares of every lot would leave ever smaller dust. The unit-seconds of a holder, the integral of the balance, and with
them the mean life over a finished record, are the same under either.

*Stake that is still held at the end of the record* is right-censored. It is not dropped, nor taken as leaving then:
the time seen so far counts as seen, and what follows is the restricted mean residual life of units of its age
(:mod:`staking_model.residual_life`, estimated from the whole record up to its end). Where t + maximum lies within the
record nothing is estimated, and the label is the plain mean of what happened.

Events exist in the simulator and on our own chain only: no public record of holding times was found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from staking_model.market import Move, StakeEvent
from staking_model.residual_life import ResidualLife, residual_life
from statements.errors import VeristakeError


class StakeEventError(VeristakeError):
    """Events that cannot all have happened."""


@dataclass(frozen=True)
class Lot:
    """Units deposited together and withdrawn together.

    Attributes:
        units: token units, positive.
        start: Unix time of the deposit, seconds.
        end: Unix time of the withdrawal; None while they are held.
    """

    units: int
    start: int
    end: int | None


@dataclass(frozen=True)
class DurationLabel:
    """How long the stake deposited at one time stays.

    Attributes:
        value: mean restricted remaining holding time over the maximum, in [0, 1].
        observed: share of that time that is on record; the rest is estimated. 1 where nothing is censored.
    """

    value: float
    observed: float


def lots_of(events: Iterable[StakeEvent]) -> tuple[Lot, ...]:
    """Match withdrawals to deposits, first in, first out, per holder.

    Args:
        events: of one asset, in order of time.

    Returns:
        Finished lots in order of their end, then those still held.

    Raises:
        StakeEventError: events out of order, of several assets, of no amount, or a withdrawal of more than is held.
    """
    held: dict[str, deque[Lot]] = {}
    finished: list[Lot] = []
    before: StakeEvent | None = None
    for event in events:
        _require_follows(before, event)
        before = event
        queue = held.setdefault(event.holder, deque())
        if event.move is Move.DEPOSIT:
            queue.append(Lot(event.amount, event.time, None))
        else:
            finished += _withdraw(queue, event)
    return (*finished, *(lot for queue in held.values() for lot in queue))


def duration_labels(
    events: Sequence[StakeEvent], times: Sequence[int], until: int, maximum: int
) -> tuple[DurationLabel | None, ...]:
    """Staking duration at each of ``times``, from what is on record up to ``until``.

    Args:
        events: of one asset, from its first deposit on, in order of time; those after ``until`` are not looked at.
        times: Unix seconds, increasing, none after ``until``.
        until: end of the record, Unix seconds. To keep a test period out of training labels, give training's end.
        maximum: at which a remaining time is cut, seconds.

    Returns:
        One label per time; None where nothing is deposited.

    Raises:
        StakeEventError: as :func:`lots_of`; or times out of order.
    """
    moments = np.asarray(times, dtype=np.int64)
    if len(moments) and (np.any(np.diff(moments) < 0) or moments[-1] > until):
        raise StakeEventError(f"times must increase and end by {until}", remedy="Sort them, or give a later end")
    lots = lots_of(event for event in events if event.time <= until)
    lives = _life_table(lots, until)
    deposited, seen, total = (np.zeros(len(moments)) for _ in range(3))
    for lot in lots:
        end = until + 1 if lot.end is None else lot.end
        first, last = np.searchsorted(moments, (lot.start, end), side="left")
        if first == last:
            continue
        now = moments[first:last]
        known = np.minimum((until if lot.end is None else lot.end) - now, maximum).astype(np.float64)
        rest = maximum - known
        guessed = lives.mean_remaining(until - lot.start, rest) if lot.end is None and rest[-1] > 0 else 0.0
        # amounts in wei are beyond numpy's integers
        units = float(lot.units)
        deposited[first:last] += units
        seen[first:last] += units * known
        total[first:last] += units * (known + guessed)
    return tuple(
        None if units == 0 else DurationLabel(float(full / units / maximum), float(part / full) if full else 1.0)
        for units, part, full in zip(deposited, seen, total, strict=True)
    )


def _life_table(lots: Sequence[Lot], until: int) -> ResidualLife:
    ended: NDArray[np.bool_] = np.asarray([lot.end is not None for lot in lots], dtype=np.bool_)
    lives = np.asarray([(until if lot.end is None else lot.end) - lot.start for lot in lots], dtype=np.float64)
    return residual_life(lives, ended, np.asarray([lot.units for lot in lots], dtype=np.float64))


def _withdraw(queue: deque[Lot], event: StakeEvent) -> list[Lot]:
    """Take an amount off the oldest lots, splitting the last one touched."""
    taken = []
    left = event.amount
    while left > 0:
        if not queue:
            raise StakeEventError(
                f"{event.holder} withdraws {event.amount} of {event.asset} at {event.time}, {left} more than is held",
                remedy="Give the events from the first deposit on",
            )
        lot = queue.popleft()
        units = min(lot.units, left)
        taken.append(Lot(units, lot.start, event.time))
        if lot.units > units:
            queue.appendleft(Lot(lot.units - units, lot.start, None))
        left -= units
    return taken


def _require_follows(before: StakeEvent | None, event: StakeEvent) -> None:
    if event.amount <= 0:
        raise StakeEventError(f"amount {event.amount} at {event.time} is not positive", remedy="Leave out empty events")
    if before is None:
        return
    if event.time < before.time:
        raise StakeEventError(f"event at {event.time} follows one at {before.time}", remedy="Sort events by time")
    if event.asset != before.asset:
        raise StakeEventError(
            f"events of {before.asset} and {event.asset} are mixed", remedy="Pass the events of one asset"
        )
