"""What may be spent: highest gas price, budgets per hour and day, dry run; asked last before signing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from relayer.nonces import Nonce
from relayer.outbox.records import Terms
from statements.errors import VeristakeError

HOUR_SECONDS, DAY_SECONDS = 3600.0, 86_400.0
HEADROOM_PART = 8
"""A transaction is outbid from 10 % more on; an eighth of what is in flight pays for one bump of all of it."""
ALWAYS = math.inf
"""Time of an outlay that is still to come: it counts in every hour and day."""


class GasPriceAbovePolicyError(VeristakeError):
    """The chain is dearer at the moment than the policy of this asset allows; the job waits."""


class BudgetExhaustedError(VeristakeError):
    """The budget of the hour or day is used up; the job waits."""


class DryRunError(VeristakeError):
    """Everything but signing was done: this chain is on dry run."""


@dataclass(frozen=True)
class SpendingRules:
    """Limits of one chain.

    Attributes:
        budget_per_hour_wei: None: no limit.
        budget_per_day_wei: None: no limit.
        dry_run: nothing is signed.
    """

    budget_per_hour_wei: int | None = None
    budget_per_day_wei: int | None = None
    dry_run: bool = False

    @property
    def has_budget(self) -> bool:
        """Whether what was spent matters."""
        return self.budget_per_hour_wei is not None or self.budget_per_day_wei is not None


@dataclass(frozen=True)
class Outlay:
    """What one nonce has cost, or may cost at worst.

    Attributes:
        at: when it was signed, Unix time of the chain, seconds; ``ALWAYS`` while it is in flight.
        wei: its cost.
        nonce: that it has used or will use.
    """

    at: float
    wei: int
    nonce: int = 0


def check_gas_price(*, price: int, maximum: int | None, asset: str) -> None:
    """Refuse to send while the chain is dearer than the asset's policy allows.

    Args:
        price: base fee and tip, wei per gas.
        maximum: ``maximum_gas_price_wei`` of the asset's policy; None: no limit beyond the chain's.
        asset: for the message.

    Raises:
        GasPriceAbovePolicyError: the price is above the maximum.
    """
    if maximum is not None and price > maximum:
        raise GasPriceAbovePolicyError(
            f"gas price {price} wei is above maximum_gas_price_wei = {maximum} of asset {asset}",
            remedy="Wait for a cheaper hour or raise the maximum; the job goes on by itself",
        )


def check_budget(
    rules: SpendingRules, outlays: list[Outlay], *, cost: int, now: float, leave_headroom: bool = False
) -> None:
    """Refuse what would, at worst, exceed the budget of the last hour or the last day.

    Args:
        rules: of the chain.
        outlays: of the last day and in flight, the latter at their worst cost.
        cost: worst cost of the new transaction, wei.
        now: Unix time of the chain, seconds.
        leave_headroom: an eighth of what is in flight has to stay free, which is one bump of all of it.

    Raises:
        BudgetExhaustedError: it would.
    """
    spans = (
        ("budget_per_hour_wei", rules.budget_per_hour_wei, HOUR_SECONDS),
        ("budget_per_day_wei", rules.budget_per_day_wei, DAY_SECONDS),
    )
    in_flight = sum(outlay.wei for outlay in outlays if outlay.at == ALWAYS)
    headroom = in_flight // HEADROOM_PART if leave_headroom else 0
    for name, budget, seconds in spans:
        if budget is None:
            continue
        # an outlay later than now is of a block that was reorganised away: it counts
        spent = sum(outlay.wei for outlay in outlays if outlay.at > now - seconds)
        if spent + headroom + cost > budget:
            kept = f", {headroom} are kept for bumps" if headroom else ""
            raise BudgetExhaustedError(
                f"{name} = {budget}: {spent} wei are spent or in flight{kept}, and the transaction may cost {cost}",
                remedy="Wait, or raise the budget; the job goes on by itself",
            )


class SpendingGate:
    """Asked before anything is signed, for a new nonce or for one that was taken before.

    Args:
        rules: of the chain.
        maximum_price_of: ``maximum_gas_price_wei`` by asset.
        outlays_since: reads the outbox.
        asset_of: the asset of a job by its id.
    """

    def __init__(
        self,
        rules: SpendingRules,
        *,
        maximum_price_of: Callable[[str], int | None],
        outlays_since: Callable[[float], list[Outlay]],
        asset_of: Callable[[int], str],
    ) -> None:
        self._rules = rules
        self._maximum_price_of = maximum_price_of
        self._outlays_since = outlays_since
        self._asset_of = asset_of
        self._refused_replacement: Nonce | None = None

    def look_again(self) -> None:
        """A new look at what is in flight begins: what it does not want replaced any more, nothing waits for."""
        self._refused_replacement = None

    def check(self, jobs: Sequence[int], terms: Terms, *, price: int, chain_time: float) -> None:
        """Whether a new transaction for one or several jobs may be signed.

        Args:
            jobs: their ids.
            terms: what it may cost.
            price: what a unit of gas costs at the moment, wei.
            chain_time: of the newest block, Unix time, seconds.

        Raises:
            GasPriceAbovePolicyError: too dear at the moment.
            BudgetExhaustedError: the budget is used up, or a transaction in flight needs what is left of it.
            DryRunError: nothing is signed on this chain.
        """
        for asset in sorted({self._asset_of(job_id) for job_id in jobs}):
            check_gas_price(price=price, maximum=self._maximum_price_of(asset), asset=asset)
        if self._refused_replacement is not None:
            raise BudgetExhaustedError(
                f"the budget does not allow to replace the transaction with nonce {self._refused_replacement}, "
                "for which all new ones would wait",
                remedy="Wait, or raise the budget; the job goes on by itself",
            )
        self._check_budget(terms.worst_cost, chain_time, without=None)
        self._check_dry_run(terms)

    def check_replacement(self, nonce: Nonce, old: Terms, new: Terms, *, chain_time: float) -> None:
        """Whether another transaction for a nonce may be signed; what it adds to the worst cost has to fit the budget.

        Args:
            nonce: of both.
            old: of the transaction to replace.
            new: of the one to sign.
            chain_time: of the newest block, Unix time, seconds.

        Raises:
            BudgetExhaustedError: the budget is used up.
            DryRunError: nothing is signed on this chain.
        """
        # one that costs no more than what it replaces, such as a self-send, is no new expense
        if new.worst_cost > old.worst_cost:
            try:
                self._check_budget(new.worst_cost, chain_time, without=nonce)
            except BudgetExhaustedError:
                self._refused_replacement = nonce
                raise
        self._check_dry_run(new)

    def check_filler(self, terms: Terms) -> None:
        """Whether a self-send for a nonce that nobody uses may be signed.

        No budget refuses it, though it counts towards them: all later transactions, paid for already, wait for it.

        Raises:
            DryRunError: nothing is signed on this chain.
        """
        self._check_dry_run(terms)

    def _check_budget(self, cost: int, chain_time: float, *, without: Nonce | None) -> None:
        if self._rules.has_budget:
            outlays = [each for each in self._outlays_since(chain_time - DAY_SECONDS) if each.nonce != without]
            check_budget(self._rules, outlays, cost=cost, now=chain_time, leave_headroom=without is None)

    def _check_dry_run(self, terms: Terms) -> None:
        if self._rules.dry_run:
            data_fee = f" and {terms.data_fee} wei for its data" if terms.data_fee else ""
            raise DryRunError(
                f"dry run: would send {terms.gas_limit} gas at most {terms.fees.maximum} wei each{data_fee}",
                remedy="Set dry_run = false in the chain's policy to send it",
            )
