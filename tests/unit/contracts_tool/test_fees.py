"""What a transaction pays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statements.errors import ChainError
from veristake.contracts_tool.fees import GWEI, Fees, choose_fees

FEE = st.integers(min_value=0, max_value=10**13)


@given(FEE, FEE, st.none() | FEE)
def test_choose_fees_pay_for_the_next_block_and_never_above_the_cap(base_fee, priority, cap):
    if cap is not None and base_fee + priority > cap:
        with pytest.raises(ChainError, match="the plan allows"):
            choose_fees(base_fee, priority, cap)
        return
    fees = choose_fees(base_fee, priority, cap)
    assert fees.maximum >= base_fee + fees.priority
    assert fees.maximum <= (2 * base_fee + priority if cap is None else cap)


@given(FEE, FEE, FEE, FEE)
def test_choose_fees_replacement_pays_a_tenth_more_of_both(base_fee, priority, old_maximum, old_priority):
    old = Fees(maximum=old_maximum + old_priority, priority=old_priority)
    fees = choose_fees(base_fee, priority, None, old)
    assert fees.maximum * 10 >= old.maximum * 11
    assert fees.priority * 10 >= old.priority * 11
    assert fees.priority <= fees.maximum


def test_choose_fees_cap_is_named_in_gwei():
    with pytest.raises(ChainError, match=r"gas costs 31\.50 gwei, the plan allows 30\.00"):
        choose_fees(30 * GWEI, 3 * GWEI // 2, 30 * GWEI)
