"""Budgets, gas price, dry run."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relayer.spending import (
    BudgetExhaustedError,
    DryRunError,
    GasPriceAbovePolicyError,
    Outlay,
    SpendingGate,
    SpendingRules,
    check_budget,
    check_gas_price,
)

OUTLAYS = st.lists(st.builds(Outlay, at=st.floats(0, 90_000), wei=st.integers(0, 10**20)), max_size=20)
WEI = st.integers(0, 10**20)


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
        clock=lambda: 0.0,
    )
    with pytest.raises(DryRunError, match="would send 5 gas at most 30 wei"):
        gate.check(2, gas=5, price=20, maximum_fee=30)
    with pytest.raises(GasPriceAbovePolicyError):
        gate.check(1, gas=5, price=20, maximum_fee=30)
