"""OmronDeposit beside the model: how an act is done to both, and how the two are compared."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.integration.deposit_machine.model import BASIS_POINTS, HOUR, DepositModel, Token
from tests.integration.deposit_machine.stage import (
    MANAGER,
    MOST_ALLOWED,
    OWNER,
    PERMITTING,
    STRANGER,
    USERS,
    Stage,
    deposit_stage,
)
from tests.integration.feed_machine.node import Contract, Question
from tests.integration.feed_machine.observer_model import outcome

ANY_USER = st.sampled_from(USERS)
ANY_TOKEN = st.integers(0, 2)
MOSTLY_OWNER = st.sampled_from([OWNER] * 5 + [USERS[0], MANAGER, STRANGER])
MOSTLY_MANAGER = st.sampled_from([MANAGER] * 6 + [USERS[0], STRANGER])


class DepositMachine(RuleBasedStateMachine):
    """Every answer, error and stored figure is the model's; a course adds the rules of who may act."""

    stage: ClassVar[Stage]
    start: ClassVar[DepositModel]
    snapshot: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.node = self.stage.node
        self.model = copy.deepcopy(self.start)
        self.begin()

    def begin(self) -> None:
        """What has happened before the course, beside the first deposits."""

    def teardown(self) -> None:
        try:
            self.everybody_leaves()
        finally:
            self.node.revert(self.snapshot)
            type(self).snapshot = self.node.snapshot()

    @invariant()
    def every_figure_is_the_models(self) -> None:
        at, model, now = self.stage.deposit, self.model, self.node.now
        pairs: list[tuple[Question, Any]] = [
            (at.asked("getAllWhitelistedTokens"), tuple(model.order)),
            (at.asked("claimManager"), model.manager),
            (at.asked("announcedClaimManager"), model.announced),
            (at.asked("claimManagerDelay"), model.delay),
            (at.asked("depositStopTime"), model.stop_time),
        ]
        for contract in self.stage.tokens:
            pairs += self._of_token(contract, model.tokens[contract.address], now)
        pairs += [(at.asked("nonces", self.who(u)), model.account(self.who(u)).nonce) for u in USERS]
        pairs += self._of_permits(self.stage.tokens[PERMITTING], model.tokens[self.token(PERMITTING)])
        points = [at.asked("calculatePoints", self.who(user)) for user in USERS]
        rates = [at.asked("getUserInfo", self.who(user)) for user in USERS]
        answers = self.node.ask(*(question for question, _ in pairs), *points, *rates)
        for (question, expected), answer in zip(pairs, answers, strict=False):
            assert answer == expected, (question.function, question.arguments)
        of_users = answers[len(pairs) :]
        for user, held, info in zip(USERS, of_users[: len(USERS)], of_users[len(USERS) :], strict=True):
            self._compare_account(self.who(user), held, info)

    def everybody_leaves(self) -> None:
        """Whatever happened: when tokens move, every user takes out what there is for them."""
        awkward = self.stage.tokens[0]
        for function, value in (("setFee", 0), ("setRefusing", False)):
            self.node.send(awkward.asked(function, value), self.who(OWNER))
        self.model.tokens[awkward.address].fee_bps, self.model.tokens[awkward.address].refusing = 0, False
        for user in USERS:
            for token in range(3):
                self.leave(user, token, self.deposited(user, token), self.who(user))
        self.every_figure_is_the_models()

    def leave(self, user: int, token: int, amount: int, recipient: str, least: int | None = None) -> None:
        """Withdraw, with a least payout or without."""
        now, leaver, address = self.node.now, self.who(user), self.token(token)
        call: tuple[Any, ...] = ("withdraw", address, amount, recipient)
        call += () if least is None else (least,)
        self.both(user, call, lambda: self.model.withdraw(now, leaver, *call[1:]))

    # ------------------------------------------------------------------ words

    def who(self, number: int) -> str:
        return self.node.accounts[number]

    def token(self, number: int) -> str:
        return self.stage.tokens[number].address

    def deposited(self, user: int, token: int) -> int:
        return self.model.account(self.who(user)).balances.get(self.token(token), 0)

    def both(self, sender: int, call: tuple[Any, ...], change: Callable[[], Any], *, answered: bool = True) -> None:
        """Chain and model do the same in the same second, or refuse with the same error."""
        question = self.stage.deposit.asked(*call)
        expected = outcome(change)
        refused = isinstance(expected, tuple) and bool(expected) and isinstance(expected[0], str)
        event(f"{question.function}: {expected[0] if refused else 'done'}")
        actual = outcome(lambda: self.node.send(question, self.who(sender)))
        if answered or refused:
            assert actual == expected, (question.function, question.arguments)

    # ---------------------------------------------------------------- private

    def _of_token(self, contract: Contract, token: Token, now: int) -> list[tuple[Question, Any]]:
        at, model = self.stage.deposit, self.model
        balances = [(self.who(u), model.account(self.who(u)).balances.get(token.address, 0)) for u in USERS]
        purses = [self.who(number) for number in (OWNER, *USERS, MANAGER, STRANGER)]
        terms = (token.listed, token.weight, token.decimals, token.total_cap, token.deposit_cap)
        return [
            (at.asked("whitelistedTokens", token.address), token.listed),
            (at.asked("totalOf", token.address), token.owed),
            (at.asked("cumulativeOf", token.address), token.cumulative + token.owed * (now - token.touched)),
            (at.asked("tokenTerms", token.address), terms),
            (contract.asked("balanceOf", model.address), token.held),
            *((at.asked("tokenBalance", user, token.address), units) for user, units in balances),
            *((at.asked("payoutOf", token.address, units), token.payout(units)) for _, units in balances),
            *((contract.asked("balanceOf", holder), token.purse.get(holder, 0)) for holder in purses),
        ]

    def _of_permits(self, contract: Contract, token: Token) -> list[tuple[Question, Any]]:
        assert token.permits is not None
        allowed = [(user, token.allowed.get(user, MOST_ALLOWED)) for user in token.permits]
        return [
            *((contract.asked("nonces", user), used) for user, used in token.permits.items()),
            *((contract.asked("allowance", user, self.model.address), units) for user, units in allowed),
        ]

    def _compare_account(self, user: str, points: int, info: tuple[int, int, int]) -> None:
        account, now = self.model.account(user), self.node.now
        assert info[0] == self.model.rate(user) * self.model.seasons[-1][1] // BASIS_POINTS
        assert info[1] == account.touched
        # a season may divide a unit-second; at a touch less than one of them is rounded
        rounding = Fraction(account.touches + 1, HOUR) if len(self.model.seasons) > 1 else Fraction(0)
        exact = self.model.points_now(user, now)
        assert exact - rounding - 1 < points <= exact + rounding, (user, points, exact)
        if not rounding:
            assert points == exact // 1


@contextmanager
def on_stage(course: type[DepositMachine], folder: Path) -> Iterator[type[DepositMachine]]:
    """The course on a stage of its own, deployed once for all examples."""
    with deposit_stage(folder) as (stage, start):
        yield type(course.__name__, (course,), {"stage": stage, "start": start, "snapshot": stage.node.snapshot()})
