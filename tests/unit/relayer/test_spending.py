"""Budgets, gas price, dry run."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relayer.fees import Fees
from relayer.nonces import Nonce
from relayer.outbox.records import Terms
from relayer.spending import (
    ALWAYS,
    BudgetExhaustedError,
    DryRunError,
    GasPriceAbovePolicyError,
    Outlay,
    SpendingGate,
    SpendingRules,
    check_budget,
    check_gas_price,
)
from statements.quantities import Wei

OUTLAYS = st.lists(st.builds(Outlay, at=st.floats(0, 90_000), wei=st.integers(0, 10**20)), max_size=20)
WEI = st.integers(0, 10**20)


def terms(gas: int, maximum: int, data_fee: int = 0) -> Terms:
    return Terms(Fees(Wei(maximum), Wei(1)), gas, data_fee)


@given(OUTLAYS, WEI, st.integers(1, 10**21), st.integers(1, 10**21))
def test_check_budget_what_passes_never_exceeds_a_budget(outlays: list[Outlay], cost: int, hour: int, day: int) -> None:
    now = 90_000.0
    in_hour = sum(outlay.wei for outlay in outlays if outlay.at > now - 3600)
    in_day = sum(outlay.wei for outlay in outlays if outlay.at > now - 86_400)
    fits = in_hour + cost <= hour and in_day + cost <= day
    try:
        check_budget(SpendingRules(hour, day), outlays, cost=cost, now=now)
    except BudgetExhaustedError:
        assert not fits
    else:
        assert fits


@given(OUTLAYS, WEI)
def test_check_budget_without_limits_refuses_nothing(outlays: list[Outlay], cost: int) -> None:
    check_budget(SpendingRules(), outlays, cost=cost, now=0)


def test_check_budget_names_the_budget_and_the_figures() -> None:
    with pytest.raises(BudgetExhaustedError, match=r"budget_per_hour_wei = 10: 7 wei .* may cost 4"):
        check_budget(SpendingRules(budget_per_hour_wei=10), [Outlay(1.0, 7)], cost=4, now=2.0)


def test_check_budget_an_outlay_in_the_future_counts() -> None:
    with pytest.raises(BudgetExhaustedError):
        check_budget(SpendingRules(budget_per_hour_wei=10), [Outlay(10**6, 7)], cost=4, now=2.0)


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_check_gas_price_refuses_exactly_what_is_above(price: int, maximum: int) -> None:
    check_gas_price(price=price, maximum=None, asset="0x01")
    if price > maximum:
        with pytest.raises(GasPriceAbovePolicyError, match="0x01"):
            check_gas_price(price=price, maximum=maximum, asset="0x01")
    else:
        check_gas_price(price=price, maximum=maximum, asset="0x01")


def test_gate_on_dry_run_refuses_last_and_says_what_it_would_send() -> None:
    gate = SpendingGate(
        SpendingRules(dry_run=True),
        maximum_price_of=lambda asset: 10 if asset == "0x01" else None,
        outlays_since=lambda moment: [],
        asset_of=lambda job_id: f"0x0{job_id}",
    )
    with pytest.raises(DryRunError, match="would send 5 gas at most 30 wei"):
        gate.check([2], terms(5, 30), price=20, chain_time=0)
    with pytest.raises(GasPriceAbovePolicyError):
        gate.check([1], terms(5, 30), price=20, chain_time=0)


def gate_of(rules: SpendingRules, outlays: list[Outlay]) -> SpendingGate:
    return SpendingGate(
        rules,
        maximum_price_of=lambda asset: None,
        outlays_since=lambda moment: [outlay for outlay in outlays if outlay.at > moment],
        asset_of=lambda job_id: "",
    )


def test_gate_the_fee_for_data_counts_towards_the_budget() -> None:
    gate = gate_of(SpendingRules(budget_per_hour_wei=100), [])
    gate.check([1], terms(5, 10, data_fee=50), price=1, chain_time=0)
    with pytest.raises(BudgetExhaustedError, match="may cost 101"):
        gate.check([1], terms(5, 10, data_fee=51), price=1, chain_time=0)


def test_gate_a_replacement_may_add_what_the_budget_has_left_and_a_cheaper_one_is_free() -> None:
    gate = gate_of(SpendingRules(budget_per_day_wei=100), [Outlay(1.0, 40, nonce=1), Outlay(1.0, 50, nonce=2)])
    gate.check_replacement(Nonce(1), terms(4, 10), terms(5, 10), chain_time=2.0)
    with pytest.raises(BudgetExhaustedError, match="50 wei are spent or in flight, and the transaction may cost 60"):
        gate.check_replacement(Nonce(1), terms(4, 10), terms(6, 10), chain_time=2.0)
    exhausted = gate_of(SpendingRules(budget_per_day_wei=1), [Outlay(1.0, 40, nonce=1)])
    exhausted.check_replacement(Nonce(1), terms(4, 10), terms(1, 11), chain_time=2.0)
    exhausted.check_filler(terms(1, 11))


def test_gate_on_dry_run_lets_nothing_be_signed_for_any_nonce() -> None:
    gate = gate_of(SpendingRules(dry_run=True), [])
    with pytest.raises(DryRunError):
        gate.check_replacement(Nonce(1), terms(4, 10), terms(1, 11), chain_time=2.0)
    with pytest.raises(DryRunError, match="and 7 wei for its data"):
        gate.check_filler(terms(1, 11, data_fee=7))


@given(st.integers(1, 10**20), st.integers(0, 10**20), st.integers(1, 10**21))
def test_check_budget_with_headroom_leaves_one_bump_of_all_in_flight(in_flight: int, cost: int, budget: int) -> None:
    outlays = [Outlay(ALWAYS, in_flight)]
    try:
        check_budget(SpendingRules(budget), outlays, cost=cost, now=0.0, leave_headroom=True)
    except BudgetExhaustedError:
        assert in_flight + in_flight // 8 + cost > budget
    else:
        bumped = in_flight + in_flight // 10
        check_budget(SpendingRules(budget), [Outlay(ALWAYS, cost)], cost=bumped, now=0.0)


def test_check_budget_with_nothing_in_flight_may_be_used_whole() -> None:
    check_budget(SpendingRules(100), [Outlay(0.0, 40)], cost=60, now=1.0, leave_headroom=True)


def test_gate_what_a_refused_replacement_needs_is_not_spent_on_new_transactions() -> None:
    gate = gate_of(SpendingRules(budget_per_day_wei=100), [Outlay(1.0, 50, nonce=1)])
    with pytest.raises(BudgetExhaustedError):
        gate.check_replacement(Nonce(1), terms(5, 10), terms(11, 10), chain_time=2.0)
    with pytest.raises(BudgetExhaustedError, match="nonce 1"):
        gate.check([1], terms(1, 10), price=1, chain_time=2.0)
    gate.look_again()
    gate.check([1], terms(1, 10), price=1, chain_time=2.0)
