from random import Random

import pytest

from staking_model.profiles import Restaker
from staking_model.restakers import Cohort
from staking_model.withdrawal_queue import WithdrawalQueue

TOKEN = 10**18


def cohort(seed: int, members: int = 200) -> Cohort:
    return Cohort(Restaker("role", 1.0, 100, 5, members), 10 * TOKEN, Random(seed))


def test_found_deposits_the_amount_by_as_many_holders() -> None:
    moves = cohort(1).found(2000 * TOKEN)
    assert len({name for name, _ in moves}) == 200
    assert sum(amount for _, amount in moves) == pytest.approx(2000 * TOKEN, rel=1e-6)


def test_withdraw_takes_the_hazards_share_on_average() -> None:
    taken, held = 0, 0
    for seed in range(60):
        group = cohort(seed)
        group.found(2000 * TOKEN)
        held += group.held
        taken += sum(amount for _, amount in group.withdraw(0.1))
    assert taken / held == pytest.approx(0.1, rel=0.1)


def test_withdraw_full_hazard_leaves_nobody_untouched_and_none_negative() -> None:
    group = cohort(3)
    founded = dict(group.found(2000 * TOKEN))
    for _ in range(200):
        for name, amount in group.withdraw(0.5):
            assert 0 < amount <= founded[name]
            founded[name] -= amount
        assert group.held == sum(founded.values())
    assert group.held == 0
    assert group.withdraw(0.5) == []


def test_deposit_brings_the_expected_amount_on_average_from_new_and_old_holders() -> None:
    group = cohort(4)
    founders = {name for name, _ in group.found(2000 * TOKEN)}
    moves = [move for _ in range(2000) for move in group.deposit(5 * TOKEN, 10**30)]
    assert sum(amount for _, amount in moves) == pytest.approx(10_000 * TOKEN, rel=0.1)
    returning = sum(1 for name, _ in moves if name in founders)
    assert 0 < returning < len(moves) / 2


def test_deposit_never_exceeds_the_room() -> None:
    group = cohort(5)
    for _ in range(50):
        assert sum(amount for _, amount in group.deposit(100 * TOKEN, 20 * TOKEN)) <= 20 * TOKEN


def test_queue_longer_backlog_waits_longer_and_drains_at_its_capacity() -> None:
    queue = WithdrawalQueue(10.0, (), Random(1))
    assert queue.wait == 0
    queue.step(110.0)
    assert queue.wait == pytest.approx(10)
    queue.step(0.0)
    assert queue.wait == pytest.approx(9)
    for _ in range(20):
        queue.step(0.0)
    assert queue.wait == 0


def test_queue_long_wait_makes_leavers_sell_instead() -> None:
    queue = WithdrawalQueue(10.0, (), Random(1), backlog=720.0)
    queue.step(20.0)
    # a wait of 72 epochs halves what is redeemed, so 10 join and 10 are paid
    assert queue.backlog == pytest.approx(720.0)


def test_queue_network_wait_follows_its_quantiles() -> None:
    quantiles = ((0.5, 1.0), (0.9, 100.0), (1.0, 1000.0))
    waits = sorted(WithdrawalQueue(0.0, quantiles, Random(seed)).wait for seed in range(2000))
    assert waits[1000] == pytest.approx(1.0, rel=0.2)
    assert waits[1800] == pytest.approx(100.0, rel=0.3)
    assert waits[-1] <= 1000.0


def test_queue_without_capacity_takes_no_time() -> None:
    queue = WithdrawalQueue(0.0, (), Random(1))
    queue.step(1e30)
    assert queue.wait == 0
