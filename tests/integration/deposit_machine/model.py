"""What IOmronDeposit promises, in plain Python: written from the interface, not from the contracts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from tests.integration.feed_machine.observer_model import RefusedError

NOBODY = "0x" + "00" * 20
HOUR, DAY, BASIS_POINTS = 3600, 86_400, 10_000
MOST = 2**96 - 1
LONGEST_DELAY, ACCEPTANCE = 90 * DAY, 7 * DAY
HIGHEST_MULTIPLIER = 100_000


def require(condition: bool, *error: object) -> None:
    """Refuse with the error unless the condition holds."""
    if not condition:
        raise RefusedError(*error)


@dataclass
class Token:
    """A token as the deposit contract sees it.

    Attributes:
        purse: what everybody else holds.
        allowed: what the contract may take from whom; from all others any amount.
        permits: how many permits each has used; ``None`` for a token without them.
    """

    address: str
    weight: int
    decimals: int
    listed: bool = True
    total_cap: int = MOST
    deposit_cap: int = MOST
    fee_bps: int = 0
    refusing: bool = False
    held: int = 0
    owed: int = 0
    cumulative: int = 0
    touched: int = 0
    purse: dict[str, int] = field(default_factory=dict)
    allowed: dict[str, int] = field(default_factory=dict)
    permits: dict[str, int] | None = None

    def sent(self, payer: str, amount: int) -> int:
        """What arrives of it; the mock takes its fee first."""
        require(not self.refusing, "TransfersRefused")
        purse, fee = self.purse.get(payer, 0), amount * self.fee_bps // BASIS_POINTS
        require(fee <= purse, "ERC20InsufficientBalance", payer, purse, fee)
        require(amount <= purse, "ERC20InsufficientBalance", payer, purse - fee, amount - fee)
        return amount - fee

    def earning(self, units: int) -> int:
        """Units brought to 18 decimals and weighted, rounded down."""
        return units * self.weight * 10**18 // (BASIS_POINTS * 10**self.decimals)

    def payout(self, amount: int) -> int:
        return amount if self.held >= self.owed else amount * self.held // self.owed

    def touch(self, now: int) -> None:
        self.cumulative += self.owed * (now - self.touched)
        self.touched = now


@dataclass
class Account:
    """Points are kept exactly; ``touches`` bounds by how much rounding may differ."""

    balances: dict[str, int] = field(default_factory=dict)
    points: Fraction = Fraction(0)
    touched: int = 0
    touches: int = 0
    fetched: bool = False
    nonce: int = 0


@dataclass
class DepositModel:
    """The contract's whole state."""

    address: str
    owner: str
    tokens: dict[str, Token]
    order: list[str]
    delay: int
    accounts: dict[str, Account] = field(default_factory=dict)
    seasons: list[tuple[int, int]] = field(default_factory=lambda: [(0, BASIS_POINTS)])
    paused: bool = False
    stop_time: int = 0
    manager: str = NOBODY
    announced: tuple[str, int] = (NOBODY, 0)
    spent: set[tuple[str, int]] = field(default_factory=set)
    """Payers and nonces of Permit2 signatures that have been used."""

    # ------------------------------------------------------------------ users

    def deposit(self, now: int, payer: str, user: str, token: str, amount: int) -> int:
        taken = self._may_deposit(user, token, amount)
        self._is_whole(taken)
        allowed = taken.allowed.get(payer, amount)
        require(amount <= allowed, "ERC20InsufficientAllowance", self.address, allowed, amount)
        arrived = taken.sent(payer, amount)
        self._credit(now, payer, user, taken, amount, arrived)
        if payer in taken.allowed:
            taken.allowed[payer] -= amount
        return arrived

    def deposit_by_permit(self, now: int, user: str, token: str, amount: int, valid: bool) -> int:
        """``valid``: signed by the sender over this amount and the next nonce, in time; any other changes nothing."""
        taken = self.tokens[token]
        valid = valid and taken.permits is not None
        before = taken.allowed.copy()
        if valid:
            taken.allowed[user] = amount
        try:
            credited = self.deposit(now, user, user, token, amount)
        except RefusedError:
            taken.allowed = before
            raise
        if valid and taken.permits is not None:
            taken.permits[user] += 1
        return credited

    def deposit_by_permit2(
        self, now: int, payer: str, user: str, token: str, amount: int, nonce: int, deadline: int, valid: bool
    ) -> int:
        """``valid``: signed by the payer over these values, this contract and the user."""
        taken = self._may_deposit(user, token, amount)
        self._is_whole(taken)
        require(now <= deadline, "SignatureExpired", deadline)
        require((payer, nonce) not in self.spent, "InvalidNonce")
        require(valid, "InvalidSigner")
        try:
            arrived = taken.sent(payer, amount)
        except RefusedError as error:
            # answers are compared in lower case
            raise RefusedError("Error", "transfer_from_failed") from error
        self._credit(now, payer, user, taken, amount, arrived)
        self.spent.add((payer, nonce))
        return arrived

    def _credit(self, now: int, payer: str, user: str, taken: Token, amount: int, arrived: int) -> None:
        token = taken.address
        require(arrived > 0, "ZeroAmount")
        total = taken.owed + arrived
        require(total <= taken.total_cap, "TotalCapExceeded", token, taken.total_cap, total)
        balance = self.account(user).balances.get(token, 0)
        rate = self.rate(user) + taken.earning(balance + arrived) - taken.earning(balance)
        require(rate <= MOST, "RateTooHigh", MOST, rate)
        self.touch(user, now)
        taken.touch(now)
        taken.purse[payer] -= amount
        taken.held += arrived
        taken.owed += arrived
        balances = self.account(user).balances
        balances[token] = balances.get(token, 0) + arrived

    def deposit_by_consent(
        self, now: int, payer: str, user: str, token: str, amount: int, expiry: int, valid: bool
    ) -> int:
        """``valid``: signed by the user over these values and the next nonce."""
        self._may_deposit(user, token, amount)
        require(now <= expiry, "SignatureExpired", expiry)
        require(valid, "InvalidSignature", user)
        credited = self.deposit(now, payer, user, token, amount)
        self.account(user).nonce += 1
        return credited

    def withdraw(self, now: int, user: str, token: str, amount: int, recipient: str, minimum: int = 0) -> None:
        require(amount > 0, "ZeroAmount")
        require(recipient != NOBODY, "ZeroAddress")
        require(recipient != self.address, "InvalidRecipient", recipient)
        balance = self.account(user).balances.get(token, 0)
        require(amount <= balance, "InsufficientDeposit", token, balance, amount)
        taken = self.tokens[token]
        paid = taken.payout(amount)
        require(paid > 0, "NothingToPay", token, amount)
        require(paid >= minimum, "PaidTooLittle", token, minimum, paid)
        require(not taken.refusing, "TransfersRefused")
        self.touch(user, now)
        self._pay(now, user, taken, amount, recipient)

    # ---------------------------------------------------------- claim manager

    def withdraw_tokens(self, now: int, sender: str, user: str) -> tuple[int, ...]:
        self._may_act(now, sender, user)
        owed = {token: self.account(user).balances.get(token, 0) for token in self.order}
        paid = {token: self.tokens[token].payout(amount) for token, amount in owed.items()}
        require(not any(paid[token] and self.tokens[token].refusing for token in self.order), "TransfersRefused")
        self.touch(user, now)
        self.account(user).fetched = True
        for token in self.order:
            if paid[token]:
                self._pay(now, user, self.tokens[token], owed[token], sender)
        return tuple(paid[token] for token in self.order)

    def claim(self, now: int, sender: str, user: str) -> None:
        self._may_act(now, sender, user)
        self.touch(user, now)
        self.account(user).points, self.account(user).touches = Fraction(0), 0

    # ------------------------------------------------------------------ owner

    def list_token(self, sender: str, token: str) -> None:
        self.only_owner(sender)
        require(not self.tokens[token].listed, "TokenAlreadyWhitelisted", token)
        self.tokens[token].listed = True
        self.order.append(token)

    def delist_token(self, sender: str, token: str) -> None:
        self.only_owner(sender)
        require(self.tokens[token].listed, "TokenNotWhitelisted")
        self.tokens[token].listed = False
        place = self.order.index(token)
        self.order[place] = self.order[-1]
        self.order.pop()

    def set_caps(self, sender: str, token: str, total_cap: int, deposit_cap: int) -> None:
        self.only_owner(sender)
        taken = self.tokens[token]
        require(taken.listed, "TokenNotWhitelisted")
        for cap in (total_cap, deposit_cap):
            require(cap <= MOST, "CapOutOfRange", cap, MOST)
        taken.total_cap, taken.deposit_cap = total_cap, deposit_cap

    def start_season(self, now: int, sender: str, multiplier: int) -> None:
        self.only_owner(sender)
        require(multiplier <= HIGHEST_MULTIPLIER, "MultiplierTooHigh", multiplier, HIGHEST_MULTIPLIER)
        require(not self.stop_time, "DepositsStopped")
        self.seasons.append((now, multiplier))

    def stop(self, now: int, sender: str) -> None:
        self.only_owner(sender)
        require(not self.stop_time, "DepositsAlreadyStopped")
        self.stop_time = now

    def set_paused(self, sender: str, paused: bool) -> None:
        self.only_owner(sender)
        require(self.paused != paused, "EnforcedPause" if paused else "ExpectedPause")
        self.paused = paused

    def set_manager(self, now: int, sender: str, manager: str) -> None:
        self.only_owner(sender)
        require(manager != NOBODY, "ZeroAddress")
        if self.delay:
            self.announced = manager, now + self.delay
        else:
            self.manager = manager

    def accept_manager(self, now: int, sender: str) -> None:
        self.only_owner(sender)
        manager, ready = self.announced
        require(manager != NOBODY, "ClaimManagerNotAnnounced")
        require(now >= ready, "ClaimManagerNotReady", ready)
        require(now <= ready + ACCEPTANCE, "ClaimManagerAnnouncementExpired", ready + ACCEPTANCE)
        self.manager, self.announced = manager, (NOBODY, 0)

    def raise_delay(self, now: int, sender: str, delay: int) -> None:
        self.only_owner(sender)
        require(delay > self.delay, "ClaimManagerDelayNotRaised", self.delay, delay)
        require(delay <= LONGEST_DELAY, "ClaimManagerDelayTooLong", delay, LONGEST_DELAY)
        self.delay = delay
        manager, ready = self.announced
        if manager != NOBODY:
            self.announced = manager, max(ready, now + delay)

    def rescue(self, sender: str, token: str, recipient: str) -> int:
        self.only_owner(sender)
        require(recipient != NOBODY, "ZeroAddress")
        taken = self.tokens[token]
        require(taken.owed == 0, "TokenOwed", token, taken.owed)
        require(taken.held > 0, "ZeroAmount")
        require(not taken.refusing, "TransfersRefused")
        amount, taken.held = taken.held, 0
        self._receive(taken, recipient, amount)
        return amount

    # ------------------------------------------------------------------ views

    def account(self, user: str) -> Account:
        return self.accounts.setdefault(user, Account())

    def rate(self, user: str) -> int:
        """Units that earn; a user whose tokens were fetched earns nothing."""
        account = self.account(user)
        if account.fetched:
            return 0
        return sum(self.tokens[token].earning(units) for token, units in account.balances.items())

    def points_now(self, user: str, now: int) -> Fraction:
        account = self.account(user)
        return account.points + self.rate(user) * self._season_hours(account.touched, now)

    def only_owner(self, sender: str) -> None:
        require(sender == self.owner, "OwnableUnauthorizedAccount", sender)

    def touch(self, user: str, now: int) -> None:
        account = self.account(user)
        account.points = self.points_now(user, now)
        account.touched, account.touches = now, account.touches + 1

    # ---------------------------------------------------------------- private

    def _may_deposit(self, user: str, token: str, amount: int) -> Token:
        require(not self.paused, "EnforcedPause")
        require(not self.stop_time, "DepositsStopped")
        require(amount > 0, "ZeroAmount")
        taken = self.tokens[token]
        require(taken.listed, "TokenNotWhitelisted")
        require(user != NOBODY, "ZeroAddress")
        require(user != self.address, "InvalidRecipient", user)
        require(amount <= taken.deposit_cap, "DepositCapExceeded", token, taken.deposit_cap, amount)
        return taken

    def _is_whole(self, taken: Token) -> None:
        missing = taken.owed - taken.held
        require(missing * 1_000_000 <= taken.owed, "TokenShort", taken.address, taken.held, taken.owed)

    def _season_hours(self, since: int, until: int) -> Fraction:
        """Hours between the two, each counted as often as its season says, up to the stop."""
        until = min(until, self.stop_time) if self.stop_time else until
        ends: Iterable[int] = [start for start, _ in self.seasons[1:]] + [until]
        hours = Fraction(0)
        for (start, multiplier), end in zip(self.seasons, ends, strict=True):
            seconds = max(0, min(end, until) - max(start, since))
            hours += Fraction(seconds * multiplier, HOUR * BASIS_POINTS)
        return hours

    def _may_act(self, now: int, sender: str, user: str) -> None:
        require(not self.paused, "EnforcedPause")
        require(self.manager != NOBODY, "ClaimManagerNotSet")
        require(sender == self.manager, "NotClaimManager")
        require(self.stop_time != 0, "DepositsNotStopped")
        require(now >= self.stop_time + self.delay, "ClaimManagerNotReady", self.stop_time + self.delay)
        require(user != NOBODY, "ZeroAddress")

    def _pay(self, now: int, user: str, taken: Token, amount: int, recipient: str) -> None:
        paid = taken.payout(amount)
        taken.touch(now)
        taken.held -= paid
        taken.owed -= amount
        self.account(user).balances[taken.address] -= amount
        self._receive(taken, recipient, paid)

    @staticmethod
    def _receive(taken: Token, recipient: str, amount: int) -> None:
        arrived = amount - amount * taken.fee_bps // BASIS_POINTS
        taken.purse[recipient] = taken.purse.get(recipient, 0) + arrived
