"""From queued to sent: simulation, estimate, fees, funds, nonce and signature stored, then sent."""

from __future__ import annotations

import asyncio

import structlog

from relayer.chain import Block, Chain
from relayer.classify import Judgement, RpcError, SendAnswer, Verdict, judge_revert
from relayer.fees import Fees, GasAboveCapError, check_funds, gas_limit, plan_fees
from relayer.keys import SignedTransaction, Signer
from relayer.nonces import Nonce
from relayer.outbox.job_store import JobStore, NonceView
from relayer.outbox.records import AttemptRecord, JobRecord
from relayer.spending import SpendingGate
from relayer.states import JobState
from statements.abi.calldata import ErrorCatalogue
from statements.errors import ChainError, VeristakeError

log = structlog.get_logger(__name__)

DEPENDENCY_REJECTED = "DependencyRejected"
MAXIMUM_REVERTS = 3
"""A call that succeeds in simulation but reverts in blocks is given up then: each try costs gas."""


class Submitter:
    """Puts one job after another on one chain; the only one that takes nonces of its signer there.

    Args:
        chain: where to.
        store: jobs of this chain and signer.
        signer: pays.
        catalogue: named errors of the contracts.
        maximum_fee: ``maximum_fee_per_gas_wei`` of the settings.
        gate: asked before anything is signed; None: everything may be.
    """

    def __init__(
        self,
        chain: Chain,
        store: JobStore,
        signer: Signer,
        catalogue: ErrorCatalogue,
        *,
        maximum_fee: int,
        gate: SpendingGate | None = None,
    ) -> None:
        self._gate = gate
        self._chain = chain
        self._store = store
        self._signer = signer
        self._catalogue = catalogue
        self._maximum_fee = maximum_fee

    async def submit(self, job: JobRecord) -> None:
        """Take a queued job as far as it goes now; what cannot be done yet is tried again later."""
        try:
            head = await self._chain.head()
            judgement = await self._simulate(job, head)
            if judgement is None:
                await self._send_new(job, head)
            else:
                await self._settle(job, judgement, head)
        except GasAboveCapError as error:
            self._store.reject(job.id, str(error))
        except VeristakeError as error:
            self._postpone(job, type(error).__name__, str(error))

    async def broadcast(self, job_id: int, attempt: AttemptRecord) -> None:
        """Send a stored transaction to all endpoints. Their answers inform; only blocks decide."""
        results = await self._chain.send(attempt.raw)
        for result in results:
            log.info(
                "transaction_sent",
                chain=self._chain.name,
                job=job_id,
                tx=attempt.hash,
                nonce=attempt.nonce,
                endpoint=result.endpoint,
                answer=result.answer,
                detail=result.detail,
            )
        if all(result.answer not in (SendAnswer.ACCEPTED, SendAnswer.ALREADY_KNOWN) for result in results):
            self._store.note_error(job_id, "; ".join(f"{r.endpoint}: {r.answer} {r.detail}" for r in results))

    async def _simulate(self, job: JobRecord, head: Block) -> Judgement | None:
        """Why the call would fail on the state after ``head``; None when it would succeed."""
        try:
            await self._chain.simulate(
                sender=self._signer.address, to=job.target, data=job.calldata, block=head.reference.number
            )
        except RpcError as error:
            return judge_revert(error, self._catalogue)
        return None

    async def _settle(self, job: JobRecord, judgement: Judgement, head: Block) -> None:
        """A call that would fail: somebody else's success, a final refusal, or a matter of time."""
        if judgement.verdict is Verdict.ALREADY:
            block = await self._chain.block(head.reference.number)
            if block is None or block.reference != head.reference:
                self._postpone(job, judgement.name, "the head was reorganised during simulation")
                return
            self._store.seen(job.id, head.reference, judgement.detail)
        elif judgement.verdict is Verdict.PERMANENT:
            self._store.reject(job.id, judgement.detail)
        elif job.depends_on is not None and self._store.state_of(job.depends_on) is JobState.REJECTED:
            # without what it depends on, waiting is in vain; another source's publication queues both again
            self._store.reject(job.id, f"{DEPENDENCY_REJECTED}: {judgement.detail}")
        else:
            self._postpone(job, judgement.name, judgement.detail)

    async def _send_new(self, job: JobRecord, head: Block) -> None:
        if self._store.reverts(job.id) >= MAXIMUM_REVERTS:
            self._store.reject(job.id, f"reverted {MAXIMUM_REVERTS} times although simulation succeeded")
            return
        if head.base_fee is None:
            raise ChainError(
                f"chain {self._chain.name} has no base fee", remedy="Only EIP-1559 chains are supported yet"
            )
        address = self._signer.address
        try:
            estimate, tip, balance, latest, pending = await asyncio.gather(
                self._chain.estimate_gas(sender=address, to=job.target, data=job.calldata),
                self._chain.suggested_tip(),
                self._chain.balance(address, "latest"),
                self._chain.nonce(address, "latest"),
                self._chain.nonce(address, "pending"),
            )
        except RpcError as error:
            # the state moved between simulation and estimate; the next simulation decides
            judgement = judge_revert(error, self._catalogue)
            self._postpone(job, judgement.name, judgement.detail)
            return
        fees = plan_fees(base_fee=head.base_fee, suggested_tip=tip, maximum=self._maximum_fee)
        gas = gas_limit(estimate=estimate, block_gas_limit=head.gas_limit)
        check_funds(
            balance=balance,
            reserved=self._store.reserved(),
            cost=gas * fees.maximum,
            signer=address,
            chain=self._chain.name,
        )
        if self._gate is not None:
            self._gate.check(
                job.id, gas=gas, price=min(head.base_fee + fees.tip, fees.maximum), maximum_fee=fees.maximum
            )
        attempt = self._store.store_attempt(
            job.id,
            nonces=NonceView(latest=latest, pending=pending),
            fees=fees,
            gas_limit=gas,
            sign=lambda nonce: self._sign(job, nonce, fees, gas),
        )
        await self.broadcast(job.id, attempt)

    def _sign(self, job: JobRecord, nonce: Nonce, fees: Fees, gas: int) -> SignedTransaction:
        return self._signer.sign(
            {
                "type": 2,
                "chainId": self._chain.chain_id,
                "nonce": nonce,
                "to": job.target,
                "value": 0,
                "data": job.calldata,
                "gas": gas,
                "maxFeePerGas": fees.maximum,
                "maxPriorityFeePerGas": fees.tip,
            }
        )

    def _postpone(self, job: JobRecord, name: str, detail: str) -> None:
        wait = self._store.postpone(job, detail)
        log.warning("job_postponed", chain=self._chain.name, job=job.id, error=name, detail=detail, retry_seconds=wait)
