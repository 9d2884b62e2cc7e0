"""OmronDeposit beside the model, through whatever hypothesis makes of some months."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.integration.deposit_machine.model import BASIS_POINTS, DAY, HOUR, MOST, NOBODY, DepositModel, Token
from tests.integration.feed_machine.node import Contract, Node, Question
from tests.integration.feed_machine.observer_model import RefusedError
from tests.integration.observer_chain import bare_chain

PURSE = 10**24
USERS = st.integers(1, 3)
ANYBODY = st.sampled_from([0, 0, 0, 0, 1, 4, 5])
"""Mostly the owner; a user, the manager, a stranger."""
TOKENS = st.integers(0, 2)
AMOUNTS = st.one_of(st.integers(0, 10**21), st.sampled_from([1, 3599, 10**18, PURSE + 1]))
CAPS = st.sampled_from([(MOST, MOST), (MOST, MOST), (10**21, 10**20), (MOST, MOST + 1), (0, 1)])
SELDOM = st.sampled_from([True, False, False, False, False, False])
"""Nothing is done five times out of six: what ends much would else leave little to be seen."""


def outcome(action: Callable[[], Any]) -> Any:
    """What it gives, or the error that it is refused with, by name and arguments."""
    try:
        given = action()
    except RefusedError as refused:
        return refused.error
    return () if given is None else given


@dataclass(frozen=True)
class Stage:
    """Contracts; accounts of the node: owner, three users, manager, stranger."""

    node: Node
    deposit: Contract
    tokens: tuple[Contract, ...]


class DepositMachine(RuleBasedStateMachine):
    """Everybody who can act, in any order; every answer, error and stored figure is the model's."""

    stage: ClassVar[Stage]
    start: ClassVar[DepositModel]
    snapshot: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.node = self.stage.node
        self.model = copy.deepcopy(self.start)

    def teardown(self) -> None:
        try:
            self.everybody_leaves()
        finally:
            self.node.revert(self.snapshot)
            type(self).snapshot = self.node.snapshot()

    # ------------------------------------------------------------------ users

    @rule(payer=USERS, user=USERS, token=TOKENS, amount=AMOUNTS)
    def deposit(self, payer: int, user: int, token: int, amount: int) -> None:
        call = ("depositFor", self.who(user), self.token(token), amount)
        change = partial(self.model.deposit, self.node.now, self.who(payer), self.who(user), self.token(token), amount)
        self.both(payer, call, change)

    @rule(payer=USERS, token=TOKENS, amount=AMOUNTS)
    def deposit_for_oneself(self, payer: int, token: int, amount: int) -> None:
        me = self.who(payer)
        change = partial(self.model.deposit, self.node.now, me, me, self.token(token), amount)
        self.both(payer, ("deposit", self.token(token), amount), lambda: change() and None)

    @rule(user=USERS, token=TOKENS, part=st.sampled_from([0, 1, 2, 3, 4, 5]), to=st.integers(0, 5))
    def withdraw(self, user: int, token: int, part: int, to: int) -> None:
        balance = self.model.account(self.who(user)).balances.get(self.token(token), 0)
        amount = balance * part // 4
        recipient = {4: NOBODY, 5: self.model.address}.get(to, self.who(user))
        change = partial(self.model.withdraw, self.node.now, self.who(user), self.token(token), amount, recipient)
        self.both(user, ("withdraw", self.token(token), amount, recipient), change)

    # ---------------------------------------------------------- claim manager

    @rule(sender=st.sampled_from([4, 4, 4, 1, 5]), user=USERS)
    def withdraw_tokens(self, sender: int, user: int) -> None:
        change = partial(self.model.withdraw_tokens, self.node.now, self.who(sender), self.who(user))
        self.both(sender, ("withdrawTokens", self.who(user)), change)

    @rule(sender=st.sampled_from([4, 4, 4, 1, 5]), user=USERS)
    def claim(self, sender: int, user: int) -> None:
        change = partial(self.model.claim, self.node.now, self.who(sender), self.who(user))
        # the points themselves, which rounding moves, are compared by the invariant before
        self.both(sender, ("claim", self.who(user)), change, answered=False)

    @rule(seldom=SELDOM)
    def end_deposits_and_let_the_manager_act(self, seldom: bool) -> None:
        if seldom:
            self.announce_manager(0, 4)
            self.pass_time(self.model.delay)
            self.accept_manager(0)
            self.stop(0, True)
            self.pass_time(self.model.delay)

    # ------------------------------------------------------------------ owner

    @rule(sender=ANYBODY, token=TOKENS, listed=st.booleans())
    def change_list(self, sender: int, token: int, listed: bool) -> None:
        change = self.model.list_token if listed else self.model.delist_token
        function = "addWhitelistedToken" if listed else "removeWhitelistedToken"
        self.both(sender, (function, self.token(token)), partial(change, self.who(sender), self.token(token)))

    @rule(
        sender=ANYBODY, token=TOKENS, caps=st.sampled_from([(MOST, MOST), (10**21, 10**20), (MOST, MOST + 1), (0, 1)])
    )
    def set_caps(self, sender: int, token: int, caps: tuple[int, int]) -> None:
        change = partial(self.model.set_caps, self.who(sender), self.token(token), *caps)
        self.both(sender, ("setDepositCaps", self.token(token), *caps), change)

    @rule(sender=ANYBODY, multiplier=st.sampled_from([0, 1, 5_000, 10_000, 12_345, 100_000, 100_001]))
    def start_season(self, sender: int, multiplier: int) -> None:
        change = partial(self.model.start_season, self.node.now, self.who(sender), multiplier)
        self.both(sender, ("startSeason", multiplier), change)

    @rule(sender=ANYBODY, paused=st.booleans())
    def set_paused(self, sender: int, paused: bool) -> None:
        self.both(sender, ("pause" if paused else "unpause",), partial(self.model.set_paused, self.who(sender), paused))

    @rule(sender=ANYBODY, seldom=SELDOM)
    def stop(self, sender: int, seldom: bool) -> None:
        if seldom:
            self.both(sender, ("stopDeposits",), partial(self.model.stop, self.node.now, self.who(sender)))

    @rule(sender=ANYBODY, manager=st.sampled_from([4, 4, 4, 5]))
    def announce_manager(self, sender: int, manager: int) -> None:
        change = partial(self.model.set_manager, self.node.now, self.who(sender), self.who(manager))
        self.both(sender, ("setClaimManager", self.who(manager)), change)

    @rule(sender=ANYBODY)
    def accept_manager(self, sender: int) -> None:
        change = partial(self.model.accept_manager, self.node.now, self.who(sender))
        self.both(sender, ("acceptClaimManager",), change)

    @rule(sender=ANYBODY, days=st.sampled_from([6, 7, 8, 9, 91]))
    def raise_delay(self, sender: int, days: int) -> None:
        change = partial(self.model.raise_delay, self.node.now, self.who(sender), days * DAY)
        self.both(sender, ("raiseClaimManagerDelay", days * DAY), change)

    @rule(sender=ANYBODY, token=TOKENS)
    def rescue(self, sender: int, token: int) -> None:
        change = partial(self.model.rescue, self.who(sender), self.token(token), self.who(5))
        self.both(sender, ("rescue", self.token(token), self.who(5)), change)

    # --------------------------------------------------------- time and tokens

    @rule(seconds=st.one_of(st.integers(1, 20 * HOUR), st.sampled_from([DAY, 7 * DAY])))
    def pass_time(self, seconds: int) -> None:
        self.node.go_to(self.node.now + seconds)

    @rule(token=TOKENS, percent=st.sampled_from([1, 10, 50, 100]), seldom=SELDOM)
    def slash(self, token: int, percent: int, seldom: bool) -> None:
        taken = self.model.tokens[self.token(token)]
        amount = taken.held * percent // 100
        if seldom:
            self.node.send(self.stage.tokens[token].asked("burn", self.model.address, amount), self.who(0))
            taken.held -= amount

    @rule(token=TOKENS, amount=st.integers(1, 10**20))
    def donate(self, token: int, amount: int) -> None:
        self.node.send(self.stage.tokens[token].asked("mint", self.model.address, amount), self.who(0))
        self.model.tokens[self.token(token)].held += amount

    @rule(fee=st.sampled_from([0, 0, 1, 250, 10_000]), refusing=st.sampled_from([False, False, True]))
    def misbehave(self, fee: int, refusing: bool) -> None:
        awkward = self.stage.tokens[0]
        self.node.send(awkward.asked("setFee", fee), self.who(0))
        self.node.send(awkward.asked("setRefusing", refusing), self.who(0))
        taken = self.model.tokens[awkward.address]
        taken.fee_bps, taken.refusing = fee, refusing

    # ------------------------------------------------------------- comparison

    @invariant()
    def every_figure_is_the_models(self) -> None:
        at, model, now = self.stage.deposit, self.model, self.node.now
        pairs: list[tuple[Question, Any]] = [(at.asked("getAllWhitelistedTokens"), tuple(model.order))]
        for contract in self.stage.tokens:
            token = model.tokens[contract.address]
            pairs += self._of_token(contract, token, now)
        points = [at.asked("calculatePoints", self.who(user)) for user in range(1, 4)]
        rates = [at.asked("getUserInfo", self.who(user)) for user in range(1, 4)]
        answers = self.node.ask(*(question for question, _ in pairs), *points, *rates)
        for (question, expected), answer in zip(pairs, answers, strict=False):
            assert answer == expected, (question.function, question.arguments)
        for user in range(1, 4):
            self._compare_account(self.who(user), answers[len(pairs) + user - 1], answers[len(pairs) + user + 2])

    def everybody_leaves(self) -> None:
        """Whatever happened: when tokens move, every user takes out what there is for them."""
        self.misbehave(0, False)
        for user in range(1, 4):
            for token in range(3):
                self.withdraw(user, token, 4, user)
        self.every_figure_is_the_models()

    def _of_token(self, contract: Contract, token: Token, now: int) -> list[tuple[Question, Any]]:
        at, model = self.stage.deposit, self.model
        balances = [(self.who(u), model.account(self.who(u)).balances.get(token.address, 0)) for u in range(1, 4)]
        terms = (token.listed, token.weight, token.decimals, token.total_cap, token.deposit_cap)
        return [
            (at.asked("whitelistedTokens", token.address), token.listed),
            (at.asked("totalOf", token.address), token.owed),
            (at.asked("cumulativeOf", token.address), token.cumulative + token.owed * (now - token.touched)),
            (at.asked("tokenTerms", token.address), terms),
            (contract.asked("balanceOf", model.address), token.held),
            *((at.asked("tokenBalance", user, token.address), units) for user, units in balances),
            *((at.asked("payoutOf", token.address, units), token.payout(units)) for _, units in balances),
            *((contract.asked("balanceOf", user), token.purse.get(user, 0)) for user, _ in balances),
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

    # ---------------------------------------------------------------- private

    def who(self, number: int) -> str:
        return self.node.accounts[number]

    def token(self, number: int) -> str:
        return self.stage.tokens[number].address

    def both(self, sender: int, call: tuple[Any, ...], change: Callable[[], Any], *, answered: bool = True) -> None:
        """Chain and model do the same in the same second, or refuse with the same error."""
        question = self.stage.deposit.asked(*call)
        expected = outcome(change)
        refused = isinstance(expected, tuple) and bool(expected) and isinstance(expected[0], str)
        event(f"{question.function}: {expected[0] if refused else 'done'}")
        actual = outcome(lambda: self.node.send(question, self.who(sender)))
        if answered or refused:
            assert actual == expected, (question.function, question.arguments)


def _deployed(node: Node) -> tuple[Stage, DepositModel]:
    tokens = (
        node.deploy("MockAwkwardToken"),
        node.deploy("MockLiquidRestakingToken", "Mock ezETH", "ezETH", 10**18),
        node.deploy("MockDecimalsToken", 6),
    )
    owner = node.accounts[0]
    addresses = [token.address for token in tokens]
    deposit = node.deploy("OmronDeposit", owner, addresses[:2])
    node.send(deposit.asked("addWeightedToken", addresses[2], 25_000, MOST, MOST), owner)
    node.send(deposit.asked("raiseClaimManagerDelay", 6 * DAY), owner)
    for token in tokens:
        for user in node.accounts[1:4]:
            node.send(token.asked("mint", user, PURSE), owner)
            node.send(token.asked("approve", deposit.address, 2**256 - 1), user)
    held = {user: PURSE for user in node.accounts[1:4]}
    weights = ((BASIS_POINTS, 18), (BASIS_POINTS, 18), (25_000, 6))
    made = [Token(a, *weight, purse=dict(held)) for a, weight in zip(addresses, weights, strict=True)]
    model = DepositModel(deposit.address, owner, {token.address: token for token in made}, addresses, 6 * DAY)
    return Stage(node, deposit, tokens), model


@contextmanager
def deposit_machine(folder: Path) -> Iterator[type[DepositMachine]]:
    """The machine on a stage of its own, deployed once for all examples."""
    with bare_chain(folder) as chain:
        stage, start = _deployed(Node(chain.url, chain.timestamp + 1))
        yield type("Machine", (DepositMachine,), {"stage": stage, "start": start, "snapshot": stage.node.snapshot()})
