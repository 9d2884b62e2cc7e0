"""What the owner and the claim manager do."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration.deposit_machine.machine import (
    ANY_TOKEN,
    ANY_USER,
    MOSTLY_MANAGER,
    MOSTLY_OWNER,
    DepositMachine,
)
from tests.integration.deposit_machine.model import ACCEPTANCE, DAY, MOST
from tests.integration.deposit_machine.stage import MANAGER, OWNER, STRANGER

CAPS = st.sampled_from([(MOST, MOST), (MOST, MOST), (10**21, 10**20), (MOST, MOST + 1), (0, 1)])


class Listing(DepositMachine):
    """Which tokens, how many of them."""

    @rule(sender=MOSTLY_OWNER, token=ANY_TOKEN, listed=st.sampled_from([True, True, False]))
    def change_list(self, sender: int, token: int, listed: bool) -> None:
        change = self.model.list_token if listed else self.model.delist_token
        function = "addWhitelistedToken" if listed else "removeWhitelistedToken"
        self.both(sender, (function, self.token(token)), partial(change, self.who(sender), self.token(token)))

    @rule(sender=MOSTLY_OWNER, token=ANY_TOKEN)
    def rescue(self, sender: int, token: int) -> None:
        change = partial(self.model.rescue, self.who(sender), self.token(token), self.who(STRANGER))
        self.both(sender, ("rescue", self.token(token), self.who(STRANGER)), change)

    @rule(sender=MOSTLY_OWNER, paused=st.sampled_from([True, False, False]))
    def set_paused(self, sender: int, paused: bool) -> None:
        self.both(sender, ("pause" if paused else "unpause",), partial(self.model.set_paused, self.who(sender), paused))


class Terms(Listing):
    """While deposits are taken."""

    @rule(sender=MOSTLY_OWNER, token=ANY_TOKEN, caps=CAPS)
    def set_caps(self, sender: int, token: int, caps: tuple[int, int]) -> None:
        change = partial(self.model.set_caps, self.who(sender), self.token(token), *caps)
        self.both(sender, ("setDepositCaps", self.token(token), *caps), change)

    @rule(payer=ANY_USER, token=ANY_TOKEN, units=st.integers(1, 10**12), more=st.sampled_from([0, 1]))
    def fill_the_cap(self, payer: int, token: int, units: int, more: int) -> None:
        """A cap that leaves room for so many, and a deposit of as many or one more."""
        self.set_caps(OWNER, token, (self.model.tokens[self.token(token)].owed + units, MOST))
        me = self.who(payer)
        change = partial(self.model.deposit, self.node.now, me, me, self.token(token), units + more)
        self.both(payer, ("deposit", self.token(token), units + more), lambda: change() and None)

    @rule(sender=MOSTLY_OWNER, multiplier=st.sampled_from([0, 1, 5_000, 10_000, 12_345, 100_000, 100_001]))
    def start_season(self, sender: int, multiplier: int) -> None:
        change = partial(self.model.start_season, self.node.now, self.who(sender), multiplier)
        self.both(sender, ("startSeason", multiplier), change)


class Managing(DepositMachine):
    """The claim manager's acts, and the seconds from which they are allowed."""

    @rule(sender=MOSTLY_MANAGER, user=ANY_USER)
    def withdraw_tokens(self, sender: int, user: int) -> None:
        change = partial(self.model.withdraw_tokens, self.node.now, self.who(sender), self.who(user))
        self.both(sender, ("withdrawTokens", self.who(user)), change)

    @rule(sender=MOSTLY_MANAGER, user=ANY_USER)
    def claim(self, sender: int, user: int) -> None:
        change = partial(self.model.claim, self.node.now, self.who(sender), self.who(user))
        # the points themselves, which rounding moves, are compared by the invariant before
        self.both(sender, ("claim", self.who(user)), change, answered=False)

    def announce_manager(self, sender: int, manager: int) -> None:
        change = partial(self.model.set_manager, self.node.now, self.who(sender), self.who(manager))
        self.both(sender, ("setClaimManager", self.who(manager)), change)

    def accept_manager(self, sender: int) -> None:
        change = partial(self.model.accept_manager, self.node.now, self.who(sender))
        self.both(sender, ("acceptClaimManager",), change)

    def stop(self, sender: int) -> None:
        self.both(sender, ("stopDeposits",), partial(self.model.stop, self.node.now, self.who(sender)))

    def go_beside(self, moment: int, aside: int) -> None:
        """To that many seconds from the moment, unless it is over."""
        if moment + aside > self.node.now:
            self.node.go_to(moment + aside)


class Appointing(Managing):
    """Announcing, accepting, delays and the end of deposits."""

    @rule(sender=MOSTLY_OWNER, manager=st.sampled_from([MANAGER, MANAGER, MANAGER, STRANGER]))
    def announce(self, sender: int, manager: int) -> None:
        self.announce_manager(sender, manager)

    @rule(sender=MOSTLY_OWNER)
    def accept(self, sender: int) -> None:
        self.accept_manager(sender)

    @rule(sender=MOSTLY_OWNER, days=st.sampled_from([6, 7, 8, 9, 12, 91]))
    def raise_delay(self, sender: int, days: int) -> None:
        change = partial(self.model.raise_delay, self.node.now, self.who(sender), days * DAY)
        self.both(sender, ("raiseClaimManagerDelay", days * DAY), change)

    @rule(more=st.sampled_from([1, 2 * DAY]))
    def raise_delay_while_announced(self, more: int) -> None:
        self.announce_manager(OWNER, MANAGER)
        change = partial(self.model.raise_delay, self.node.now, self.who(OWNER), self.model.delay + more)
        self.both(OWNER, ("raiseClaimManagerDelay", self.model.delay + more), change)

    @rule(aside=st.sampled_from([-1, 0, 0, 1, ACCEPTANCE, ACCEPTANCE + 1]))
    def accept_when_it_is_time(self, aside: int) -> None:
        _, ready = self.model.announced
        self.go_beside(ready, aside)
        self.accept_manager(OWNER)

    @rule(sender=MOSTLY_OWNER, seldom=st.sampled_from([True, False, False]))
    def stop_seldom(self, sender: int, seldom: bool) -> None:
        # what ends for ever ends the rest of the course
        if seldom:
            self.stop(sender)

    @rule(user=ANY_USER, aside=st.sampled_from([-1, 0, 1]), claims=st.booleans())
    def act_when_it_is_time(self, user: int, aside: int, claims: bool) -> None:
        if self.model.stop_time:
            self.go_beside(self.model.stop_time + self.model.delay, aside)
        act = self.claim if claims else self.withdraw_tokens
        act(MANAGER, user)
