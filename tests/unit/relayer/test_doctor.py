"""What the chain's time says about the machine's clock."""

import pytest

from relayer.doctor import clock_verdict
from statements.errors import ChainError

NOW = 1_800_000_000.0


@pytest.mark.parametrize("age", [-60, 0, 12, 3600])
def test_clock_verdict_near_the_chain_says_how_old_the_block_is(age: float) -> None:
    assert clock_verdict(NOW - age, NOW) == f"the latest block is {max(0, age)} s old"


@pytest.mark.parametrize("behind", [61, 300, 7200])
def test_clock_verdict_behind_the_chain_names_the_skew(behind: float) -> None:
    with pytest.raises(ChainError, match=f"clock is {behind} s behind the latest block") as raised:
        clock_verdict(NOW + behind, NOW)
    assert "NTP" in raised.value.remedy


def test_clock_verdict_hours_ahead_of_the_chain_names_both_causes() -> None:
    with pytest.raises(ChainError, match="the latest block is 7200 s old") as raised:
        clock_verdict(NOW - 7200, NOW)
    assert "ahead" in raised.value.remedy
    assert "halted" in raised.value.remedy
