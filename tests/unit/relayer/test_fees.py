"""Fees: new transactions, replacements, what a market says."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relayer.fees import (
    FeeAboveMaximumError,
    FeeLimits,
    Fees,
    Market,
    escalated,
    plan_fees,
    replacement_fees,
    typical_tip,
)
from statements.quantities import Wei

WEI = st.integers(min_value=0, max_value=10**18)


@given(WEI, WEI, WEI, WEI, st.integers(1, 10))
def test_plan_fees_any_market_stays_within_caps_and_above_base_fee(
    base: int, tip: int, minimum: int, maximum: int, multiple: int
) -> None:
    limits = FeeLimits(maximum=maximum, minimum_tip=minimum, base_fee_multiple=multiple)
    if base >= maximum:
        with pytest.raises(FeeAboveMaximumError):
            plan_fees(Market(base, tip), limits)
        return
    fees = plan_fees(Market(base, tip), limits)
    assert base <= fees.maximum <= min(maximum, multiple * base + max(tip, minimum))
    assert 0 <= fees.tip <= max(tip, minimum)
    assert base + fees.tip <= fees.maximum
    assert not fees.legacy


@given(st.integers(0, 10**15), WEI, st.integers(10**15 * 2, 10**18))
def test_plan_fees_any_tip_leaves_room_for_one_replacement(base: int, tip: int, maximum: int) -> None:
    limits = FeeLimits(maximum=maximum)
    first = plan_fees(Market(base, tip), limits)
    made = replacement_fees(first, Fees(Wei(maximum), Wei(maximum - base)), maximum=maximum)
    assert made is not None
    assert made.maximum <= maximum


@given(WEI, WEI, WEI)
def test_plan_fees_chain_without_base_fee_offers_the_gas_price(price: int, minimum: int, maximum: int) -> None:
    limits = FeeLimits(maximum=maximum, minimum_tip=minimum)
    if max(price, minimum) > maximum:
        with pytest.raises(FeeAboveMaximumError, match="gas price"):
            plan_fees(Market(None, price), limits)
    else:
        offered = Wei(max(price, minimum))
        assert plan_fees(Market(None, price), limits) == Fees(offered, offered, legacy=True)


def test_plan_fees_room_to_spare_doubles_the_base_fee() -> None:
    fees = plan_fees(Market(10, 3), FeeLimits(maximum=1000, minimum_tip=1))
    assert (fees.maximum, fees.tip) == (23, 3)


@given(WEI, WEI)
def test_escalated_any_pair_follows_the_rule(old: int, new: int) -> None:
    result = escalated(old, new)
    assert result >= old
    assert result <= max(old, 3 * new)
    # the rule itself, with a tenth rounded up and at least one wei
    tenth_more = max(-(-old * 11 // 10), old + 1)
    assert result == max(min(max(tenth_more, new), 3 * new), old)


@given(WEI, WEI, WEI, WEI, WEI)
def test_replacement_fees_any_market_clear_the_threshold_or_are_none(
    old_tip: int, old_more: int, new_tip: int, new_more: int, maximum: int
) -> None:
    old = Fees(Wei(old_tip + old_more), Wei(old_tip))
    new = Fees(Wei(new_tip + new_more), Wei(new_tip))
    made = replacement_fees(old, new, maximum=maximum)
    if made is None:
        affordable = escalated(old.maximum, new.maximum) <= maximum
        outbids = all(
            escalated(a, b) * 10 >= a * 11 and escalated(a, b) > a
            for a, b in ((old.maximum, new.maximum), (old.tip, new.tip))
        )
        assert not (affordable and outbids)
        return
    assert made.tip <= made.maximum <= maximum
    assert made.maximum * 10 >= old.maximum * 11
    assert made.tip * 10 >= old.tip * 11
    assert made.maximum <= 3 * new.maximum


def test_replacement_fees_base_fee_tenfold_offers_what_a_new_one_would() -> None:
    old, new = Fees(Wei(210), Wei(10)), Fees(Wei(2010), Wei(10))
    assert replacement_fees(old, new, maximum=10**6) == Fees(Wei(2010), Wei(11))


def test_replacement_fees_base_fee_risen_and_tips_fallen_is_replaced_all_the_same() -> None:
    old, new = Fees(Wei(210), Wei(100)), Fees(Wei(601), Wei(1))
    assert replacement_fees(old, new, maximum=10**6) == Fees(Wei(601), Wei(110))


@given(WEI, WEI, WEI, WEI, WEI)
def test_replacement_fees_any_tip_of_the_market_stays_within_the_maximum(
    base: int, tip: int, high: int, maximum: int, minimum: int
) -> None:
    limits = FeeLimits(maximum=maximum, minimum_tip=minimum)
    if base >= maximum:
        return
    old, new = plan_fees(Market(base, tip), limits), plan_fees(Market(base, high), limits)
    made = replacement_fees(old, new, maximum=maximum)
    assert made is None or (made.maximum <= maximum and made.tip <= made.maximum)


def test_replacement_fees_far_above_the_market_is_left_alone() -> None:
    assert replacement_fees(Fees(Wei(400), Wei(10)), Fees(Wei(100), Wei(10)), maximum=10**6) is None


@given(st.lists(WEI, max_size=20))
def test_typical_tip_any_history_is_one_that_was_paid(rewards: list[int]) -> None:
    tip = typical_tip(rewards)
    assert tip in rewards or (tip == 0 and not any(rewards))


def test_typical_tip_empty_blocks_say_nothing() -> None:
    assert typical_tip([0, 0, 0, 5, 7, 9, 0]) == 7
