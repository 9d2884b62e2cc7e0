"""From sent to final: what the chain says about jobs in flight, and what is sent again."""

from __future__ import annotations

import time

import structlog

from relayer.chain import Chain
from relayer.finality import Standing, standing
from relayer.outbox.job_store import LOST, REVERTED, JobStore
from relayer.outbox.records import AttemptRecord, JobRecord
from relayer.settings import FinalitySettings
from relayer.states import JobState
from relayer.submitter import Submitter

log = structlog.get_logger(__name__)

RESEND_SECONDS = 5.0
"""A transaction that a node does not know is sent again at most this often."""


class Follower:
    """Follows the jobs in flight of one chain; inclusion and finality are separate, and a lost block sends a job back.

    Args:
        chain: to read from.
        store: jobs of this chain and signer.
        submitter: sends stored transactions again.
        finality: when a block counts as final.
        address: of the signer.
    """

    def __init__(
        self, chain: Chain, store: JobStore, submitter: Submitter, finality: FinalitySettings, address: str
    ) -> None:
        self._chain = chain
        self._store = store
        self._submitter = submitter
        self._finality = finality
        self._address = address
        self._resent: dict[str, float] = {}

    async def resend_all(self) -> None:
        """Send all stored transactions that may not have left before the last stop."""
        for job in self._store.in_flight():
            if job.state is JobState.SENT:
                for attempt in self._store.attempts(job.id):
                    await self._submitter.broadcast(job.id, attempt)

    async def follow(self) -> None:
        """One look at every job in flight.

        Raises:
            ChainError: no endpoint answers.
        """
        jobs = self._store.in_flight()
        if not jobs:
            return
        # the nonce is read before the receipts: whatever had used it by then has a receipt by now
        used = await self._chain.nonce(self._address, "latest")
        head = await self._chain.head()
        finalized = await self._chain.finalized(head, self._finality)
        for job in jobs:
            if job.block is not None:
                job = await self._check_block(job, finalized)
            if job.state is JobState.SENT:
                await self._look_for_receipt(job, used=used, head=head.reference.number, finalized=finalized)

    async def _check_block(self, job: JobRecord, finalized: int) -> JobRecord:
        """INCLUDED or SEEN_ON_CHAIN: does the block still stand, and is it final?"""
        if job.block is None:
            return job
        now = await self._chain.block(job.block.number)
        fate = standing(job.block, hash_now=None if now is None else now.reference.hash, finalized=finalized)
        mine = job.state is JobState.INCLUDED
        if fate is Standing.FINAL:
            self._store.settled(
                job.id,
                JobState.FINALIZED if mine else JobState.ALREADY_ON_CHAIN,
                f"block {job.block.number} is final",
            )
        elif fate is Standing.GONE:
            back = JobState.SENT if mine else JobState.QUEUED
            self._store.reorganised(job.id, back, f"block {job.block.number} was reorganised away")
            return next((j for j in self._store.in_flight() if j.id == job.id), job)
        return job

    async def _look_for_receipt(self, job: JobRecord, *, used: int, head: int, finalized: int) -> None:
        for attempt in self._store.attempts(job.id):
            receipt = await self._chain.receipt(attempt.hash)
            if receipt is not None and receipt.succeeded:
                self._store.included(job.id, attempt, receipt)
                self._resent.pop(attempt.hash, None)
                return
            if receipt is not None:
                reason = f"{attempt.hash} reverted in block {receipt.block.number}"
                self._store.attempt_ended(job.id, attempt, REVERTED, reason)
                return
            if attempt.nonce < used:
                await self._consider_lost(job, attempt, head=head, finalized=finalized)
            else:
                await self._resend(job, attempt)

    async def _consider_lost(self, job: JobRecord, attempt: AttemptRecord, *, head: int, finalized: int) -> None:
        """The nonce is used, and not visibly by us: believed only from every endpoint, and once it is final."""
        if await self._chain.receipt_anywhere(attempt.hash) is not None:
            return
        if attempt.passed_at_block is None:
            log.warning(
                "nonce_used_by_another", chain=self._chain.name, job=job.id, nonce=attempt.nonce, tx=attempt.hash
            )
            self._store.nonce_passed(attempt, head)
        elif attempt.passed_at_block <= finalized:
            self._store.attempt_ended(
                job.id, attempt, LOST, f"nonce {attempt.nonce} went to another transaction for good"
            )

    async def _resend(self, job: JobRecord, attempt: AttemptRecord) -> None:
        if attempt.passed_at_block is not None:
            self._store.nonce_passed(attempt, None)
        now = time.monotonic()
        recently = now - self._resent.get(attempt.hash, -RESEND_SECONDS) < RESEND_SECONDS
        if recently or await self._chain.knows(attempt.hash):
            return
        self._resent[attempt.hash] = now
        await self._submitter.broadcast(job.id, attempt)
