"""Same nonce, other transaction: bump, cancel, expire, and self-sends that fill gaps."""

from __future__ import annotations

import structlog

from relayer.account import Account
from relayer.broadcast import broadcast
from relayer.chain import Chain
from relayer.chain_data import Block
from relayer.classify import RpcError
from relayer.fees import Fees, check_funds, plan_fees, replacement_fees
from relayer.nonces import Nonce
from relayer.outbox.attempt_store import AttemptStore
from relayer.outbox.job_store import JobStore
from relayer.outbox.records import AttemptRecord, JobRecord, Terms
from relayer.spending import SpendingGate
from relayer.states import AttemptKind
from statements.errors import VeristakeError

log = structlog.get_logger(__name__)


class Replacer:
    """Signs transactions for nonces that were taken before.

    Args:
        chain: where to.
        jobs: of the chain.
        attempts: of the chain and signer.
        account: pays.
        gate: asked before anything is signed; None: everything may be.
    """

    def __init__(
        self,
        chain: Chain,
        jobs: JobStore,
        attempts: AttemptStore,
        account: Account,
        gate: SpendingGate | None = None,
    ) -> None:
        self._chain = chain
        self._jobs = jobs
        self._attempts = attempts
        self._account = account
        self._gate = gate

    def look_again(self) -> None:
        """What was refused at the last look may be wanted no more: see :meth:`SpendingGate.look_again`."""
        if self._gate is not None:
            self._gate.look_again()

    async def replace(self, job: JobRecord, old: AttemptRecord, kind: AttemptKind, head: Block) -> bool:
        """Offer more for a job's nonce, for its call or for a self-send in its place.

        Returns:
            Whether another transaction was stored and sent; when not, the job says why.
        """
        if old.signer != self._account.address:
            self._note(job, "its transaction was signed with another key, which this relayer does not have")
            return False
        try:
            market = await self._chain.market()
            fees = self._fees(old, plan_fees(market, self._account.limits))
            if fees is None:
                self._note(job, "no higher fees than its transaction has are sensible or allowed now")
                return False
            terms = await self._terms(old, kind, fees, head)
            await self._check_funds(old, terms)
            if self._gate is not None:
                self._gate.check_replacement(old.nonce, old.terms, terms, chain_time=head.timestamp)
        except (RpcError, VeristakeError) as error:
            self._note(job, f"its transaction cannot be replaced: {error}", type(error).__name__)
            return False
        to, data = (job.target, job.calldata) if kind is AttemptKind.CALL else (self._account.address, "0x")
        try:
            attempt = self._attempts.store_replacement(
                old,
                kind=kind,
                terms=terms,
                chain_time=head.timestamp,
                sign=lambda nonce: self._account.sign(nonce, terms, to=to, data=data),
            )
        except LookupError:
            # it was settled while the fees were looked up
            return False
        log.info(
            "transaction_replaced",
            chain=self._chain.name,
            job=job.id,
            nonce=old.nonce,
            kind=kind,
            old=old.hash,
            tx=attempt.hash,
            maximum_fee=terms.fees.maximum,
            tip=terms.fees.tip,
        )
        await broadcast(self._chain, self._jobs, job.id, attempt)
        return True

    async def fill(self, nonce: Nonce, head: Block) -> None:
        """Use a nonce that nobody uses, so that later ones can follow.

        Raises:
            VeristakeError: fees are above the maximum, no endpoint answers, or nothing is signed on this chain.
            RpcError: a self-send reverts.
        """
        fees = plan_fees(await self._chain.market(), self._account.limits)
        address = self._account.address
        terms = await self._account.terms(fees, to=address, data="0x", block_gas_limit=head.gas_limit)
        if self._gate is not None:
            self._gate.check_filler(terms)
        attempt = self._attempts.store_filler(
            nonce,
            terms=terms,
            chain_time=head.timestamp,
            sign=lambda taken: self._account.sign(taken, terms, to=address, data="0x"),
        )
        log.warning("nonce_gap_filled", chain=self._chain.name, nonce=nonce, tx=attempt.hash)
        await broadcast(self._chain, self._jobs, None, attempt)

    def _fees(self, old: AttemptRecord, new: Fees) -> Fees | None:
        if old.raw is None:
            # its bytes are damaged, so that it may never have been sent: nothing to outbid for sure
            return replacement_fees(old.terms.fees, new, maximum=self._account.limits.maximum) or new
        return replacement_fees(old.terms.fees, new, maximum=self._account.limits.maximum)

    async def _terms(self, old: AttemptRecord, kind: AttemptKind, fees: Fees, head: Block) -> Terms:
        if kind is AttemptKind.CALL:
            # not estimated anew: the mempool's own state already holds the transaction to replace
            return Terms(fees, old.terms.gas_limit, old.terms.data_fee)
        address = self._account.address
        return await self._account.terms(fees, to=address, data="0x", block_gas_limit=head.gas_limit)

    async def _check_funds(self, old: AttemptRecord, terms: Terms) -> None:
        balance = await self._chain.balance(self._account.address, "latest")
        others = self._attempts.reserved() - old.terms.worst_cost
        check_funds(
            balance=balance,
            reserved=max(0, others),
            cost=terms.worst_cost,
            signer=self._account.address,
            chain=self._chain.name,
        )

    def _note(self, job: JobRecord, error: str, code: str = "ReplacementRefused") -> None:
        log.warning("replacement_failed", chain=self._chain.name, job=job.id, code=code, error=error)
        self._jobs.wish_done(job.id, error) if job.wish == "bump" else self._jobs.note_error(job.id, error)
