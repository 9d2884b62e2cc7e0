"""Asked last before anything is signed: can the account pay for it, and may it be spent?"""

from __future__ import annotations

from collections.abc import Sequence

from relayer.account import AccountView
from relayer.fees import check_funds
from relayer.outbox.attempt_store import AttemptStore
from relayer.outbox.records import Terms
from relayer.spending import SpendingGate


class SigningChecks:
    """Funds and policy of one (chain, signer).

    Args:
        attempts: of the chain and signer.
        gate: the policy; None: everything may be spent.
        signer: address that pays, for messages.
        chain: name, for messages.
    """

    def __init__(self, attempts: AttemptStore, gate: SpendingGate | None, *, signer: str, chain: str) -> None:
        self._attempts = attempts
        self._gate = gate
        self._signer = signer
        self._chain = chain

    def check(self, jobs: Sequence[int], terms: Terms, view: AccountView) -> None:
        """Whether one transaction for all these jobs may be signed.

        Raises:
            InsufficientFundsError: the account cannot pay for it beside what is in flight.
            GasPriceAbovePolicyError: too dear at the moment for the asset of one of the jobs.
            BudgetExhaustedError: the budget is used up.
            DryRunError: nothing is signed on this chain.
        """
        fees = terms.fees
        price = fees.maximum if view.market.base_fee is None else min(view.market.base_fee + fees.tip, fees.maximum)
        check_funds(
            balance=view.balance,
            reserved=self._attempts.reserved(),
            cost=terms.worst_cost,
            signer=self._signer,
            chain=self._chain,
        )
        if self._gate is not None:
            self._gate.check(jobs, terms, price=price, chain_time=view.head.timestamp)
