"""From queued to sent: simulation, estimate, fees, funds, nonce and signature stored, then sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from relayer.account import Account, AccountView
from relayer.batcher import Batcher, Ready, Stored
from relayer.batching import BatchRules
from relayer.broadcast import broadcast
from relayer.chain import Chain
from relayer.chain_data import Block
from relayer.classify import Judgement, RpcError, Verdict
from relayer.elapsed import elapsed
from relayer.fees import GasAboveCapError, plan_fees
from relayer.outbox.attempt_store import AttemptStore
from relayer.outbox.job_store import JobStore
from relayer.outbox.records import JobRecord, Terms
from relayer.signing_checks import SigningChecks
from relayer.simulation import Simulator
from relayer.spending import SpendingGate
from relayer.states import GIVEN_UP, IllegalTransitionError
from relayer.turns import Turn, wait_for_turn
from statements.errors import VeristakeError
from statements.job import JobKind

log = structlog.get_logger(__name__)

DEPENDENCY_REJECTED = "DependencyRejected"
DEPENDENT_REFUSED = "DependentRefused"
MAXIMUM_REVERTS = 3
"""A call that succeeds in simulation but reverts in blocks is given up then: each try costs gas."""


@dataclass(frozen=True)
class Outbox:
    """What the parts of one chain's writer read and write.

    Attributes:
        jobs: of the chain.
        attempts: of the chain and signer.
    """

    jobs: JobStore
    attempts: AttemptStore


class Submitter:
    """Puts jobs on one chain; the only one that takes nonces of its signer there.

    Args:
        chain: where to.
        outbox: jobs and transactions.
        account: pays.
        simulator: says what a call would do.
        turn: when this relayer's turn is, None when it is alone.
        gate: asked before anything is signed; None: everything may be.
        batches: how jobs share transactions; None: each has its own.
    """

    def __init__(
        self,
        chain: Chain,
        outbox: Outbox,
        account: Account,
        simulator: Simulator,
        *,
        turn: Turn | None = None,
        gate: SpendingGate | None = None,
        batches: BatchRules | None = None,
    ) -> None:
        self._chain = chain
        self._jobs = outbox.jobs
        self._attempts = outbox.attempts
        self._account = account
        self._simulator = simulator
        self._turn = turn
        self._checks = SigningChecks(outbox.attempts, gate, signer=account.address, chain=chain.name)
        self._batcher = None
        if batches is not None:
            self._batcher = Batcher(chain, outbox.attempts, account, self._checks, batches)

    async def submit(self, jobs: Sequence[JobRecord]) -> None:
        """Take queued jobs as far as they go now; what cannot be done yet is tried again later.

        Chain reads and sends of several jobs run beside each other; nonces are taken one after another.

        Raises:
            ChainError: no endpoint answers.
        """
        mine = [job for job in jobs if self._is_my_turn(job)]
        if not mine:
            return
        head = await self._chain.head()
        wanted = [job for job in mine if not self._is_expired(job, head)]
        if not wanted:
            return
        view = await self._account.look(head)
        found = await asyncio.gather(*(self._prepare(job, view) for job in wanted))
        ready = [Ready(job, terms) for job, terms in zip(wanted, found, strict=True) if terms is not None]
        stored: list[Stored] = []
        if self._batcher is not None:
            stored, ready = await self._batcher.store(ready, view)
        stored += [each for each in (self._store(one, view) for one in ready) if each is not None]
        await asyncio.gather(*(broadcast(self._chain, self._jobs, each.job_id, each.attempt) for each in stored))

    def _is_my_turn(self, job: JobRecord) -> bool:
        """Whether a job is ours already."""
        if self._turn is None or job.failures:
            return True
        left = wait_for_turn(self._turn, job.statement_id) - elapsed(job.taken_at, self._jobs.now)
        if left > 0:
            self._jobs.wait(job.id, left)
        return left <= 0

    def _is_expired(self, job: JobRecord, head: Block) -> bool:
        """Whether a job's deadline has passed, by the chain's time: this machine's clock may be wrong."""
        if job.expires_at is None or job.expires_at > head.timestamp:
            return False
        if not self._jobs.expire(job.id, f"its deadline {job.expires_at:.0f} passed while it waited"):
            log.info("job_taken_meanwhile", chain=self._chain.name, job=job.id)
        return True

    async def _prepare(self, job: JobRecord, view: AccountView) -> Terms | None:
        """Simulate and estimate; None when the job is done with for now."""
        try:
            judgement = await self._simulator.judge(job, view.head) or await self._in_vain(job, view.head)
            if judgement is not None:
                await self._settle(job, judgement, view.head)
                return None
            if self._attempts.reverts(job.id) >= MAXIMUM_REVERTS:
                self._jobs.reject(job.id, f"reverted {MAXIMUM_REVERTS} times although simulation succeeded")
                return None
            fees = plan_fees(view.market, self._account.limits)
            return await self._account.terms(
                fees, to=job.target, data=job.calldata, block_gas_limit=view.head.gas_limit
            )
        except RpcError as error:
            # the state moved between simulation and estimate; the next simulation decides
            judgement = self._simulator.judge_error(error)
            self._postpone(job, judgement.name, judgement.detail)
        except GasAboveCapError as error:
            self._jobs.reject(job.id, str(error))
        except VeristakeError as error:
            self._postpone(job, type(error).__name__, str(error))
        return None

    def _store(self, ready: Ready, view: AccountView) -> Stored | None:
        """Check what may be spent, then take the nonce, sign and store; None when the job waits."""
        job, terms = ready.job, ready.terms
        try:
            self._checks.check([job.id], terms, view)
            attempt = self._attempts.store_first(
                job.id,
                nonces=view.nonces,
                terms=terms,
                chain_time=view.head.timestamp,
                sign=lambda nonce: self._account.sign(nonce, terms, to=job.target, data=job.calldata),
            )
            return Stored(job.id, attempt)
        except IllegalTransitionError:
            # the operator, or another relayer with the same state, was quicker
            log.info("job_taken_meanwhile", chain=self._chain.name, job=job.id)
        except VeristakeError as error:
            self._postpone(job, type(error).__name__, str(error))
        return None

    async def _in_vain(self, job: JobRecord, head: Block) -> Judgement | None:
        """Why an attestation would serve nothing: all that wait for it would be refused for good; None when not."""
        if job.kind is not JobKind.ATTEST:
            return None
        waiting = self._jobs.waiting_for(job.id)
        judged = await asyncio.gather(*(self._simulator.judge(each, head) for each in waiting))
        refused = [each for each in judged if each is not None and each.verdict is Verdict.PERMANENT]
        if not refused or len(refused) < len(waiting):
            return None
        name = f"{DEPENDENT_REFUSED}: {refused[0].name}"
        return Judgement(Verdict.PERMANENT, name, f"{DEPENDENT_REFUSED}: {refused[0].detail}")

    async def _settle(self, job: JobRecord, judgement: Judgement, head: Block) -> None:
        """A call that would fail: somebody else's success, a final refusal, or a matter of time."""
        if judgement.verdict is Verdict.ALREADY:
            block = await self._chain.block(head.reference.number)
            if block is None or block.reference != head.reference:
                self._postpone(job, judgement.name, "the head was reorganised during simulation")
                return
            self._jobs.seen(job.id, head.reference, judgement.detail)
        elif judgement.verdict is Verdict.PERMANENT:
            self._jobs.reject(job.id, judgement.detail)
        elif job.depends_on is not None and self._jobs.state_of(job.depends_on) in GIVEN_UP:
            # without what it depends on, waiting is in vain; another source's publication queues both again
            self._jobs.reject(job.id, f"{DEPENDENCY_REJECTED}: {judgement.detail}")
        else:
            self._postpone(job, judgement.name, judgement.detail)

    def _postpone(self, job: JobRecord, name: str, detail: str) -> None:
        wait = self._jobs.postpone(job, detail)
        log.warning("job_postponed", chain=self._chain.name, job=job.id, code=name, error=detail, retry_seconds=wait)
