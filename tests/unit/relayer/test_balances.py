"""Two thresholds of a balance, told once each."""

import asyncio

import hypothesis.strategies as st
from hypothesis import given
from structlog.testing import capture_logs

from relayer.balances import BalanceWatch, Level, level_of
from relayer.settings import ChainSettings

SETTINGS = ChainSettings.model_construct(name="home", balance_warning_wei=100, balance_critical_wei=10)


class Paper:
    """Balances one after another."""

    def __init__(self, *balances: int) -> None:
        self._balances = iter(balances)

    async def balance(self, address: str, block: str) -> int:
        return next(self._balances)


@given(st.integers(0, 10**30))
def test_level_of_falls_only_with_the_balance(balance: int) -> None:
    assert level_of(balance, SETTINGS) >= level_of(balance + 1, SETTINGS)


def test_look_says_each_change_of_level_once() -> None:
    watch = BalanceWatch(Paper(100, 99, 50, 9, 0, 100), SETTINGS, "0xsigner")
    with capture_logs() as logs:
        for _ in range(6):
            asyncio.run(watch.look())
    assert [(log["log_level"], log["level"], log["balance_wei"]) for log in logs] == [
        ("info", "enough", 100),
        ("warning", "low", 99),
        ("error", "critical", 9),
        ("info", "enough", 100),
    ]
    assert watch.level is Level.ENOUGH
