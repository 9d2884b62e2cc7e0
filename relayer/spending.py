"""What may be spent: highest gas price, budgets per hour and day, dry run; asked last before signing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from statements.errors import VeristakeError

HOUR_SECONDS, DAY_SECONDS = 3600.0, 86_400.0


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
        at: when it was signed, Unix time, seconds.
        wei: its cost.
    """

    at: float
    wei: int


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


def check_budget(rules: SpendingRules, outlays: list[Outlay], *, cost: int, now: float) -> None:
    """Refuse what would, at worst, exceed the budget of the last hour or the last day.

    Args:
        rules: of the chain.
        outlays: of the last day, those in flight at their worst cost.
        cost: worst cost of the new transaction, wei.
        now: Unix time, seconds.

    Raises:
        BudgetExhaustedError: it would.
    """
    spans = (
        ("budget_per_hour_wei", rules.budget_per_hour_wei, HOUR_SECONDS),
        ("budget_per_day_wei", rules.budget_per_day_wei, DAY_SECONDS),
    )
    for name, budget, seconds in spans:
        if budget is None:
            continue
        # an outlay later than now is of a clock that was set back: it counts
        spent = sum(outlay.wei for outlay in outlays if outlay.at > now - seconds)
        if spent + cost > budget:
            raise BudgetExhaustedError(
                f"{name} = {budget}: {spent} wei are spent or in flight, and the transaction may cost {cost}",
                remedy="Wait, or raise the budget; the job goes on by itself",
            )


class SpendingGate:
    """Asked by the submitter before it signs.

    Args:
        rules: of the chain.
        maximum_price_of: ``maximum_gas_price_wei`` by asset.
        outlays_since: reads the outbox.
        asset_of: the asset of a job by its id.
        clock: Unix time, seconds.
    """

    def __init__(
        self,
        rules: SpendingRules,
        *,
        maximum_price_of: Callable[[str], int | None],
        outlays_since: Callable[[float], list[Outlay]],
        asset_of: Callable[[int], str],
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._maximum_price_of = maximum_price_of
        self._outlays_since = outlays_since
        self._asset_of = asset_of
        self._clock = clock

    def check(self, job_id: int, *, gas: int, price: int, maximum_fee: int) -> None:
        """Whether a transaction for a job may be signed.

        Args:
            job_id: the job.
            gas: limit of the transaction, units of gas.
            price: what a unit costs at the moment, wei.
            maximum_fee: what it may cost at worst, wei.

        Raises:
            GasPriceAbovePolicyError: too dear at the moment.
            BudgetExhaustedError: the budget is used up.
            DryRunError: nothing is signed on this chain.
        """
        asset, now = self._asset_of(job_id), self._clock()
        check_gas_price(price=price, maximum=self._maximum_price_of(asset), asset=asset)
        if self._rules.has_budget:
            check_budget(self._rules, self._outlays_since(now - DAY_SECONDS), cost=gas * maximum_fee, now=now)
        if self._rules.dry_run:
            raise DryRunError(
                f"dry run: would send {gas} gas at most {maximum_fee} wei each",
                remedy="Set dry_run = false in the chain's policy to send it",
            )
