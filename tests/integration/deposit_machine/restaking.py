"""What restakers do, and what happens to tokens."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration.deposit_machine.machine import ANY_TOKEN, ANY_USER, DepositMachine
from tests.integration.deposit_machine.model import DAY, HOUR, NOBODY
from tests.integration.deposit_machine.stage import OWNER, PURSE, STRANGER

AMOUNTS = st.one_of(st.integers(0, 10**21), st.sampled_from([1, 3599, 10**18, PURSE + 1]))
QUARTERS = st.sampled_from([1, 1, 2, 3, 4, 4, 0, 5])
"""Of what one has; none and more than all are refused."""
SHORTAGES = st.sampled_from([(1, 10**6, 0), (1, 10**6, 1), (1, 10**5, 0), (1, 100, 0), (1, 3, 0), (1, 2, 0), (1, 1, 0)])
"""Of what is owed this part, and so many units, are missing: what is tolerated, a unit beyond, and real losses."""


class Leaving(DepositMachine):
    """Exits, losses, recoveries and time."""

    @rule(user=ANY_USER, token=ANY_TOKEN, quarters=QUARTERS, to=st.sampled_from([0, 0, 0, 0, STRANGER, -1, -2]))
    def withdraw(self, user: int, token: int, quarters: int, to: int) -> None:
        recipient = {0: self.who(user), -1: NOBODY, -2: self.model.address}.get(to, self.who(to))
        self.leave(user, token, self.deposited(user, token) * quarters // 4, recipient)

    @rule(user=ANY_USER, token=ANY_TOKEN, quarters=QUARTERS)
    def withdraw_or_stay(self, user: int, token: int, quarters: int) -> None:
        """For a unit more than would be paid, which is refused, then for as much."""
        amount = self.deposited(user, token) * quarters // 4
        for more in (1, 0):
            least = self.model.tokens[self.token(token)].payout(amount) + more
            self.leave(user, token, amount, self.who(user), least)

    @rule(token=ANY_TOKEN, shortage=SHORTAGES, user=ANY_USER, quarters=st.integers(1, 4))
    def lose_and_withdraw(self, token: int, shortage: tuple[int, int, int], user: int, quarters: int) -> None:
        self.leave_short(token, shortage)
        self.withdraw(user, token, quarters, 0)

    @rule(token=ANY_TOKEN)
    def recover(self, token: int) -> None:
        at = self.model.tokens[self.token(token)]
        self.hold(token, max(at.held, at.owed))

    @rule(token=ANY_TOKEN, amount=st.integers(1, 10**20))
    def donate(self, token: int, amount: int) -> None:
        self.hold(token, self.model.tokens[self.token(token)].held + amount)

    @rule(fee=st.sampled_from([0, 0, 1, 250, 10_000]), refusing=st.sampled_from([False, False, True]))
    def misbehave(self, fee: int, refusing: bool) -> None:
        awkward = self.stage.tokens[0]
        self.node.send(awkward.asked("setFee", fee), self.who(OWNER))
        self.node.send(awkward.asked("setRefusing", refusing), self.who(OWNER))
        taken = self.model.tokens[awkward.address]
        taken.fee_bps, taken.refusing = fee, refusing

    @rule(seconds=st.one_of(st.integers(1, 20 * HOUR), st.sampled_from([DAY, 7 * DAY])))
    def pass_time(self, seconds: int) -> None:
        self.node.go_to(self.node.now + seconds)

    # ------------------------------------------------------------------ words

    def leave_short(self, token: int, shortage: tuple[int, int, int]) -> None:
        """Make so much be missing of a token."""
        part, of, units = shortage
        owed = self.model.tokens[self.token(token)].owed
        self.hold(token, max(0, owed - owed * part // of - units))

    def hold(self, token: int, units: int) -> None:
        """Rebase what the contract holds of a token."""
        at = self.model.tokens[self.token(token)]
        if units != at.held:
            function = "mint" if units > at.held else "burn"
            question = self.stage.tokens[token].asked(function, self.model.address, abs(units - at.held))
            self.node.send(question, self.who(OWNER))
            at.held = units


class Depositing(Leaving):
    """Ways in without a signature, and what newcomers bear of a loss."""

    @rule(payer=ANY_USER, user=ANY_USER, token=ANY_TOKEN, amount=AMOUNTS)
    def deposit(self, payer: int, user: int, token: int, amount: int) -> None:
        call = ("depositFor", self.who(user), self.token(token), amount)
        change = partial(self.model.deposit, self.node.now, self.who(payer), *call[1:])
        self.both(payer, call, change)

    @rule(payer=ANY_USER, token=ANY_TOKEN, amount=AMOUNTS)
    def deposit_for_oneself(self, payer: int, token: int, amount: int) -> None:
        me = self.who(payer)
        change = partial(self.model.deposit, self.node.now, me, me, self.token(token), amount)
        self.both(payer, ("deposit", self.token(token), amount), lambda: change() and None)

    @rule(payer=ANY_USER, token=ANY_TOKEN, shortage=SHORTAGES, amount=st.integers(1, 10**18))
    def lose_and_deposit(self, payer: int, token: int, shortage: tuple[int, int, int], amount: int) -> None:
        self.leave_short(token, shortage)
        self.deposit_for_oneself(payer, token, amount)

    @rule(payer=ANY_USER, user=ANY_USER, fee=st.sampled_from([1, 250, 5_000, 9_999]), amount=st.integers(1, 10**20))
    def deposit_less_a_fee(self, payer: int, user: int, fee: int, amount: int) -> None:
        self.misbehave(fee, refusing=False)
        self.recover(0)
        self.deposit(payer, user, 0, amount)
        self.misbehave(0, refusing=False)
