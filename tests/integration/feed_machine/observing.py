"""Acts on what is observed: prices, rates, the sequencer, stake and supply, all of them also broken."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration.feed_machine.acting import ASSETS, Acting
from tests.integration.feed_machine.node import Question
from tests.integration.feed_machine.observer_model import (
    EPOCH_LENGTH,
    OBSERVATION_SECONDS,
    WAD,
    Observed,
    ObserverModel,
    outcome,
)
from tests.integration.feed_machine.stage import STAKE, SUPPLY_SLOT, set_price

DEAD, ONE_WORD = "0xfe", "0x60206000f3"
"""Code that takes all gas, and code that returns a word of zeros."""
BROKEN = ("0x", DEAD, "0x00", "0x60006000fd", ONE_WORD)
"""Code of a source that is not itself any more: beside those, none, and what returns nothing or reverts."""
PREMIUM = st.integers(-80, 80)
"""In thousandths, of a price over one ether."""
RATES = st.integers(WAD, WAD + 2 * 10**14)
"""So near to each other that growth of one to the next is within its scale."""
GAPS = st.sampled_from([(1,), (1,) * 9, (1,) * 10, (2, 1), (3, 2, 1), (1, 2, 3, 1), (1, 4, 1), (60, 1)])


class Observing(Acting):
    """Anybody observes, whatever the sources say."""

    def observer(self, number: int) -> ObserverModel:
        return self.world.observers[number]

    def _set_price(self, number: int, answer: int, age: int = 0) -> None:
        set_price(self.stage, self.world, number, answer, age)

    def _into_an_epoch_to_observe(self, number: int) -> None:
        """This one, or the start of the next."""
        if self.observer(number).latest == self.epoch or self.node.now % EPOCH_LENGTH >= OBSERVATION_SECONDS - 10:
            self.pass_epochs(1, 0)

    # ---------------------------------------------------------------- sources

    @rule(number=ASSETS, who=st.integers(0, 9))
    def observe(self, number: int, who: int) -> None:
        observer = self.observer(number)
        call = self.stage.observer.asked("observe", observer.asset)
        self.both(call, self.node.accounts[who], lambda: observer.observe(self.node.now, self.world.uptime))

    @rule(number=ASSETS, gaps=GAPS, seconds=st.sampled_from([0, 0, 0, 300, 598, 599]), premium=PREMIUM)
    def observe_epochs(self, number: int, gaps: tuple[int, ...], seconds: int, premium: int) -> None:
        """Each so many epochs after the one before, the price rising by a thousandth of an ether."""
        decimals = self.observer(number).sources.decimals
        for step, gap in enumerate(gaps):
            self.pass_epochs(gap, seconds)
            self._set_price(number, (1000 + premium + step) * 10 ** (decimals - 3))
            self.observe(number, step % 10)

    @rule(
        number=ASSETS,
        answer=st.one_of(st.integers(10**17, 10**19), st.integers(1, 10**11)),
        age=st.sampled_from([0, 0, 0, 60, 3958, 3959, 3960]),
    )
    def price_changes(self, number: int, answer: int, age: int) -> None:
        self._set_price(number, answer, age)

    @rule(number=ASSETS, rate=st.one_of(RATES, st.integers(1, 2**96 - 1)))
    def rate_changes(self, number: int, rate: int) -> None:
        self.node.send(self.stage.assets[number].rate.asked("setRate", rate), self.stage.owner)
        self.observer(number).sources.rate = rate

    @rule(
        number=ASSETS,
        answer=st.sampled_from([0, -1, -(2**255), 2**96, 2**255 - 1, WAD]),
        age=st.sampled_from([0, -1, -2, -50, 86400 * 110 // 100 - 1, 86400 * 110 // 100]),
    )
    def observe_with_a_wrong_price(self, number: int, answer: int, age: int) -> None:
        self._into_an_epoch_to_observe(number)
        self._set_price(number, answer, age)
        self.observe(number, 3)
        self._set_price(number, 10 ** self.observer(number).sources.decimals)

    @rule(number=ASSETS, rate=st.sampled_from([0, 2**96, 2**256 - 1]))
    def observe_with_a_wrong_rate(self, number: int, rate: int) -> None:
        self._into_an_epoch_to_observe(number)
        self.rate_changes(number, rate)
        self.observe(number, 3)
        self.rate_changes(number, WAD)

    @rule(number=ASSETS, which=st.sampled_from(["rate", "price"]), code=st.sampled_from(BROKEN))
    def observe_with_a_broken_source(self, number: int, which: str, code: str) -> None:
        self._into_an_epoch_to_observe(number)
        sources, address = self.observer(number).sources, getattr(self.stage.assets[number], which).address
        intact, before = self.node.rpc("eth_getCode", address, "latest"), getattr(sources, which)
        self.node.rpc("anvil_setCode", address, code)
        # a rate is one word, a price's round five
        setattr(sources, which, 0 if which == "rate" and code == ONE_WORD else None)
        self.observe(number, 3)
        self.node.rpc("anvil_setCode", address, intact)
        setattr(sources, which, before)

    @rule(number=ASSETS, answer=st.sampled_from([0, 0, 1, None]), up_for=st.sampled_from([3599, 3600, 0, -50, None]))
    def observe_after_the_sequencer_was_down(self, number: int, answer: int | None, up_for: int | None) -> None:
        self._into_an_epoch_to_observe(number)
        feed = self.stage.uptime
        intact = self.node.rpc("eth_getCode", feed.address, "latest")
        # the observation comes a second later
        self._set_uptime(answer or 0, 0 if up_for is None else self.node.now + 1 - up_for)
        if answer is None:
            self.world.uptime.answer = None
            self.node.rpc("anvil_setCode", feed.address, DEAD)
        self.observe(number, 3)
        self.node.rpc("anvil_setCode", feed.address, intact)
        self._set_uptime(0, self.node.now - 7200)

    def _set_uptime(self, answer: int, since: int) -> None:
        self.node.send(self.stage.uptime.asked("setAnswer", answer, since), self.stage.owner)
        self.world.uptime.answer, self.world.uptime.since = answer, since

    # ------------------------------------------------------- stake and supply

    @rule(number=ASSETS, amount=st.integers(1, STAKE // 10))
    def deposit(self, number: int, amount: int) -> None:
        sources = self.observer(number).sources
        if sources.total + amount <= STAKE:
            self.node.send(self._stake("deposit", number, amount), self.stage.restaker)
            sources.stake(amount, self.node.mined)

    @rule(number=ASSETS, part=st.integers(1, 4))
    def withdraw(self, number: int, part: int) -> None:
        sources = self.observer(number).sources
        if amount := sources.total // part:
            self.node.send(self._stake("withdraw", number, amount, self.stage.restaker), self.stage.restaker)
            sources.stake(-amount, self.node.mined)

    @rule(number=ASSETS, seconds=st.integers(0, 598))
    def observe_between_deposit_and_withdrawal_in_one_block(self, number: int, seconds: int) -> None:
        self.pass_epochs(1, seconds)
        observer = self.observer(number)
        self._set_price(number, 10**observer.sources.decimals)
        trial = outcome(lambda: copy.deepcopy(observer).observe(self.node.now, self.world.uptime))
        amount = STAKE - observer.sources.total
        if not isinstance(trial, Observed) or amount == 0:
            return
        deposit = self._stake("deposit", number, amount)
        withdraw = self._stake("withdraw", number, amount, self.stage.restaker)
        calls = (deposit, self.stage.observer.asked("observe", observer.asset), withdraw)
        first = observer.latest == 0
        self.node.send_together(*((call, self.stage.restaker) for call in calls))
        observer.sources.stake(amount, self.node.mined)
        taken = observer.observe(self.node.mined, self.world.uptime)
        observer.sources.stake(-amount, self.node.mined)
        # what is held for no time counts only in a first observation, whose total is that of an instant
        assert first or taken == trial

    @rule(number=ASSETS, permille=st.sampled_from([1, 500, 979, 980, 981, 1000, 1019, 1020, 1021, 3000]))
    def supply_jumps(self, number: int, permille: int) -> None:
        """From what was recorded last, to just within what an epoch allows, just beyond it, and far."""
        observer = self.observer(number)
        known = observer.observed.get(observer.latest)
        self._set_supply(number, -(-(known.supply if known else observer.sources.supply) * permille // 1000))

    @rule(number=ASSETS, supply=st.sampled_from([0, 1, 2**104 - 1, 2**104, 2**200]))
    def observe_with_an_odd_supply(self, number: int, supply: int) -> None:
        self._into_an_epoch_to_observe(number)
        before = self.observer(number).sources.supply
        self._set_supply(number, supply)
        self.observe(number, 3)
        self._set_supply(number, before)

    def _set_supply(self, number: int, supply: int) -> None:
        token = self.stage.assets[number].token.address
        self.node.rpc("anvil_setStorageAt", token, hex(SUPPLY_SLOT), f"0x{supply:064x}")
        self.observer(number).sources.supply = supply

    def _stake(self, function: str, number: int, *arguments: Any) -> Question:
        return self.stage.deposit.asked(function, self.stage.assets[number].token.address, *arguments)
