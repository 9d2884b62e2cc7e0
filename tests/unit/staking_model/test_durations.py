from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staking_model.durations import Lot, StakeEventError, duration_labels, lots_of
from staking_model.market import Move, StakeEvent
from staking_model.residual_life import residual_life

DAY = 86400


def deposit(time: int, amount: int, holder: str = "holder", asset: str = "asset") -> StakeEvent:
    return StakeEvent(time, asset, holder, Move.DEPOSIT, amount)


def withdrawal(time: int, amount: int, holder: str = "holder", asset: str = "asset") -> StakeEvent:
    return StakeEvent(time, asset, holder, Move.WITHDRAW, amount)


@st.composite
def histories(draw: st.DrawFn) -> list[StakeEvent]:
    """Deposits and withdrawals of a few holders that never withdraw more than they hold."""
    held: dict[str, int] = {}
    events = []
    time = 0
    for _ in range(draw(st.integers(1, 25))):
        time += draw(st.integers(0, 9))
        holder = draw(st.sampled_from("abc"))
        if held.get(holder, 0) and draw(st.booleans()):
            amount = draw(st.integers(1, held[holder]))
            held[holder] -= amount
            events.append(withdrawal(time, amount, holder))
        else:
            amount = draw(st.integers(1, 6))
            held[holder] = held.get(holder, 0) + amount
            events.append(deposit(time, amount, holder))
    return events


def unit_by_unit(events: list[StakeEvent]) -> list[tuple[int, int | None]]:
    """Start and end of every single unit, the slow way."""
    queues: dict[str, list[int]] = {}
    ended: list[tuple[int, int | None]] = []
    for event in events:
        queue = queues.setdefault(event.holder, [])
        for _ in range(event.amount):
            if event.move is Move.DEPOSIT:
                queue.append(event.time)
            else:
                ended.append((queue.pop(0), event.time))
    return ended + [(start, None) for queue in queues.values() for start in queue]


def test_lots_of_partial_withdrawals_take_the_oldest_first() -> None:
    events = [deposit(0, 5), deposit(10, 5), withdrawal(20, 7)]
    assert lots_of(events) == (Lot(5, 0, 20), Lot(2, 10, 20), Lot(3, 10, None))


def test_lots_of_holders_do_not_take_each_others_stake() -> None:
    with pytest.raises(StakeEventError, match=r"other withdraws 1 of asset at 5, 1 more than is held"):
        lots_of([deposit(0, 5), withdrawal(5, 1, "other")])


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([deposit(5, 1), deposit(4, 1)], "event at 4 follows one at 5"),
        ([deposit(0, 0)], "amount 0 at 0 is not positive"),
        ([deposit(0, 1), deposit(0, 1, asset="other")], "events of asset and other are mixed"),
        ([deposit(0, 1), withdrawal(0, 2)], "1 more than is held"),
    ],
)
def test_lots_of_impossible_events_raise(events: list[StakeEvent], fault: str) -> None:
    with pytest.raises(StakeEventError, match=fault):
        lots_of(events)


@given(histories())
def test_lots_of_any_history_equals_unit_by_unit_matching(events: list[StakeEvent]) -> None:
    units = [(lot.start, lot.end) for lot in lots_of(events) for _ in range(lot.units)]
    assert sorted(units, key=str) == sorted(unit_by_unit(events), key=str)


@given(histories())
def test_lots_of_any_history_keeps_the_integral_of_the_balance(events: list[StakeEvent]) -> None:
    end = events[-1].time
    lived = sum(lot.units * ((end if lot.end is None else lot.end) - lot.start) for lot in lots_of(events))
    signed = sum((end - e.time) * (e.amount if e.move is Move.DEPOSIT else -e.amount) for e in events)
    assert lived == signed


@given(histories(), st.integers(1, 40))
def test_duration_labels_nothing_censored_is_the_plain_mean(events: list[StakeEvent], maximum: int) -> None:
    until = events[-1].time + maximum
    times = list(range(events[-1].time + 1))
    labels = duration_labels(events, times, until, maximum)
    every = unit_by_unit(events)
    for now, label in zip(times, labels, strict=True):
        units = [(s, e) for s, e in every if s <= now and (e is None or e > now)]
        if not units:
            assert label is None
            continue
        assert label is not None
        # a unit never withdrawn is still there at the end of the record, which is the maximum away or more
        expected = sum(min((until if e is None else e) - now, maximum) for _, e in units) / len(units) / maximum
        assert label.value == pytest.approx(expected)
        assert label.observed == pytest.approx(1.0)


@given(histories(), st.integers(1, 40), st.integers(0, 200))
def test_duration_labels_any_record_lies_between_its_bounds(events: list[StakeEvent], maximum: int, until: int) -> None:
    times = list(range(until + 1))
    every = unit_by_unit([event for event in events if event.time <= until])
    for now, label in zip(times, duration_labels(events, times, until, maximum), strict=True):
        if label is None:
            continue
        assert 0 <= label.value <= 1
        assert 0 <= label.observed <= 1
        units = [(s, e) for s, e in every if s <= now and (e is None or e > now)]
        seen = sum(min((until if e is None else e) - now, maximum) for _, e in units) / len(units) / maximum
        # what was seen is a lower bound, and staying for ever an upper one
        most = sum(maximum if e is None else min(e - now, maximum) for _, e in units) / len(units) / maximum
        assert seen - 1e-9 <= label.value <= most + 1e-9


@given(histories(), st.integers(0, 100))
def test_duration_labels_later_events_change_nothing(events: list[StakeEvent], until: int) -> None:
    before = [event for event in events if event.time <= until]
    times = list(range(0, until + 1, 7))
    assert duration_labels(events, times, until, 50) == duration_labels(before, times, until, 50)


def test_duration_labels_nothing_ever_left_takes_the_maximum_and_says_it_is_a_guess() -> None:
    (label,) = duration_labels([deposit(0, 3)], [10], 10, 100)
    assert label is not None
    assert (label.value, label.observed) == (1.0, 0.0)


def test_duration_labels_amounts_in_wei_are_no_trouble() -> None:
    wei = 10**24
    events = [deposit(0, 3 * wei), withdrawal(50, wei)]
    (label,) = duration_labels(events, [0], 100, 100)
    assert label is not None
    assert label.value == pytest.approx((0.5 + 1 + 1) / 3)


def test_duration_labels_times_after_the_record_raise() -> None:
    with pytest.raises(StakeEventError, match="times must increase and end by 10"):
        duration_labels([deposit(0, 3)], [11], 10, 100)


def exponential_holders(seed: int, mean: float, span: int) -> list[StakeEvent]:
    """Deposits at any time of the span, each held for an exponential time: without memory, whatever the age."""
    random = np.random.default_rng(seed)
    events = []
    for number in range(400):
        start = int(random.uniform(0, span))
        events.append(deposit(start, int(random.integers(1, 10)) * 10, str(number)))
        events.append(withdrawal(start + 1 + int(random.exponential(mean)), events[-1].amount, str(number)))
    return sorted(events, key=lambda event: event.time)


def test_duration_labels_censored_exponential_holders_are_unbiased_where_simple_ways_are_not() -> None:
    mean, span, maximum, ahead = 20 * DAY, 40 * DAY, 30 * DAY, 5 * DAY
    truth = mean * (1 - exp(-maximum / mean)) / maximum
    ours, dropped, as_exits = [], [], []
    for seed in range(40):
        events = exponential_holders(seed, mean, span)
        now = span - ahead
        (label,) = duration_labels(events, [now], span, maximum)
        assert label is not None
        ours.append(label.value)
        lots = [lot for lot in lots_of(e for e in events if e.time <= span) if lot.start <= now]
        lots = [lot for lot in lots if lot.end is None or lot.end > now]
        ended = [(lot.units, (lot.end or 0) - now) for lot in lots if lot.end is not None]
        dropped.append(sum(u * t for u, t in ended) / sum(u for u, _ in ended) / maximum)
        cut = [(lot.units, (span if lot.end is None else lot.end) - now) for lot in lots]
        as_exits.append(sum(u * t for u, t in cut) / sum(u for u, _ in cut) / maximum)
    error = float(np.std(ours)) / len(ours) ** 0.5
    assert abs(float(np.mean(ours)) - truth) < 4 * error
    assert error < 0.01
    assert float(np.mean(dropped)) < 0.2 * truth
    assert float(np.mean(as_exits)) < 0.35 * truth


def test_residual_life_known_example_gives_the_textbook_curve() -> None:
    """Remission times of the 6-MP group of Freireich et al. (1963), as Kaplan-Meier tables print them."""
    lives = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    ended = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    curve = residual_life(np.asarray(lives, float), np.asarray(ended, bool), np.ones(len(lives)))
    printed = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {int(age): round(float(s), 3) for age, s in zip(curve.ages, curve.survival, strict=True)} == printed


@given(
    st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.integers(1, 5)), min_size=1, max_size=20),
    st.integers(0, 40),
    st.integers(0, 60),
)
def test_residual_life_mean_remaining_equals_the_integral_step_by_step(
    lots: list[tuple[int, bool, int]], age: int, limit: int
) -> None:
    lives, ended, units = (np.asarray(column) for column in zip(*lots, strict=True))
    curve = residual_life(lives.astype(float), ended.astype(bool), units.astype(float))
    alive = curve.surviving(age)
    if alive <= 1e-6:
        return
    steps = 200
    grid = [age + (number + 0.5) * limit / steps for number in range(steps)]
    integral = sum(curve.surviving(u) for u in grid) * limit / steps
    ours = float(curve.mean_remaining(age, np.asarray([float(limit)]))[0])
    assert ours == pytest.approx(integral / alive, abs=(limit / steps) / alive + 1e-6)


def test_residual_life_weights_are_units() -> None:
    one = residual_life(np.asarray([1.0, 2.0]), np.asarray([True, False]), np.asarray([3.0, 1.0]))
    many = residual_life(np.asarray([1.0] * 3 + [2.0]), np.asarray([True] * 3 + [False]), np.ones(4))
    assert one.survival.tolist() == many.survival.tolist() == [0.25]


def test_residual_life_empty_record_survives_for_ever() -> None:
    curve = residual_life(np.zeros(0), np.zeros(0, bool), np.zeros(0))
    assert curve.surviving(1e9) == 1.0
    assert curve.mean_remaining(5.0, np.asarray([7.0])).tolist() == [7.0]
