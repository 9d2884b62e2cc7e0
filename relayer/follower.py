"""From sent to final: what the chain says about jobs in flight, what is sent again, and what is replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from relayer.broadcast import broadcast
from relayer.chain import READS_AT_ONCE, Chain
from relayer.chain_data import Block, Receipt
from relayer.classify import Verdict
from relayer.elapsed import elapsed
from relayer.finality import BlockReference, Standing, standing
from relayer.nonces import Nonce
from relayer.outbox.job_store import LOST, REVERTED
from relayer.outbox.records import AttemptRecord, JobRecord
from relayer.pushing import PushRules, wanted_kind
from relayer.replacer import Replacer
from relayer.settings import FinalitySettings
from relayer.simulation import Simulator
from relayer.states import CALLED_OFF, AttemptKind, JobState
from relayer.submitter import Outbox
from statements.job import JobKind

log = structlog.get_logger(__name__)

RESEND_SECONDS = 5.0
"""A transaction that a node does not know is sent again at most this often."""


@dataclass(frozen=True)
class Look:
    """One look at the chain.

    Attributes:
        used: by signer, how many nonces blocks have used; read before any receipt of the same look.
        head: latest block.
        finalized: height of the newest final block.
    """

    used: Mapping[str, int]
    head: Block
    finalized: int


class Follower:
    """Follows the jobs in flight of one chain; inclusion and finality are separate, and a lost block sends a job back.

    Args:
        chain: to read from.
        outbox: jobs and transactions.
        replacer: signs replacements.
        finality: when a block counts as final.
        rules: when a transaction is replaced.
        simulator: asked before a call is replaced: one that would fail by now is not worth it.
    """

    def __init__(
        self,
        chain: Chain,
        outbox: Outbox,
        replacer: Replacer,
        finality: FinalitySettings,
        rules: PushRules,
        simulator: Simulator,
    ) -> None:
        self._chain = chain
        self._jobs = outbox.jobs
        self._attempts = outbox.attempts
        self._replacer = replacer
        self._finality = finality
        self._rules = rules
        self._simulator = simulator
        self._resent: dict[str, float] = {}
        self._anchor: BlockReference | None = None

    async def resend_all(self) -> None:
        """Send all stored transactions that may not have left before the last stop."""
        newest = [(job_id, attempts[-1]) for job_id, attempts in self._attempts.of_sent_jobs().items()]
        for job_id, attempt in newest:
            await broadcast(self._chain, self._jobs, job_id, attempt)
        for filler in self._attempts.fillers():
            await broadcast(self._chain, self._jobs, None, filler)

    async def follow(self) -> None:
        """One look at every job in flight.

        Raises:
            ChainError: no endpoint answers.
        """
        self._replacer.look_again()
        jobs = self._jobs.in_flight()
        fillers = self._attempts.fillers()
        if not jobs and not fillers:
            return
        look = await self._look()
        await self._check_blocks([job for job in jobs if job.state is not JobState.SENT], look)
        sent = [job for job in self._jobs.in_flight() if job.state is JobState.SENT]
        attempts = self._attempts.of_sent_jobs()
        for start in range(0, len(sent), READS_AT_ONCE):
            # some at a time: what they have come to stays so when an endpoint wants rest before the others
            some = sent[start : start + READS_AT_ONCE]
            receipts = await self._receipts(attempt for job in some for attempt in attempts.get(job.id, ()))
            for job in some:
                if attempts.get(job.id):
                    await self._follow_sent(job, attempts[job.id], receipts, look)
        for filler in fillers:
            await self._follow_filler(filler, look)

    async def _look(self) -> Look:
        # the nonces are read before the receipts: whatever had used one by then has a receipt by now
        used = {signer: await self._chain.nonce(signer, "latest") for signer in sorted(self._attempts.signers())}
        head = await self._chain.head()
        return Look(used, head, await self._chain.finalized(head, self._finality))

    async def _receipts(self, attempts: Iterable[AttemptRecord]) -> dict[str, Receipt | None]:
        hashes = [attempt.hash for attempt in attempts]
        found = await asyncio.gather(*(self._chain.receipt(transaction) for transaction in hashes))
        return dict(zip(hashes, found, strict=True))

    async def _check_blocks(self, jobs: Sequence[JobRecord], look: Look) -> None:
        """INCLUDED and SEEN_ON_CHAIN: does the block still stand, and is it final?

        While the newest block of the last look at which all could be read stands, so do all up to it; then only later
        ones are asked for, and those that have become final.
        """
        if self._anchor is not None and not await self._stands(self._anchor):
            # nor does it say anything should it come back: jobs may have gone into other blocks meanwhile
            self._anchor = None
        due = [job for job in jobs if not self._is_vouched_for(job, look.finalized)]
        numbers = sorted({job.block.number for job in due if job.block is not None})
        found = await asyncio.gather(*(self._chain.block(number) for number in numbers))
        hashes = {n: None if block is None else block.reference.hash for n, block in zip(numbers, found, strict=True)}
        for job in due:
            self._judge_block(job, hashes, look.finalized)
        if None not in hashes.values():
            self._anchor = look.head.reference

    def _is_vouched_for(self, job: JobRecord, finalized: int) -> bool:
        """Whether a job's block stands because a later one does, and is not final yet."""
        if self._anchor is None or job.block is None:
            return False
        return finalized < job.block.number <= self._anchor.number

    async def _stands(self, block: BlockReference) -> bool:
        now = await self._chain.block(block.number)
        return now is not None and now.reference == block

    def _judge_block(self, job: JobRecord, hashes: Mapping[int, str | None], finalized: int) -> None:
        mine = job.state is JobState.INCLUDED
        back = JobState.SENT if mine else JobState.QUEUED
        if job.block is None:
            log.error("row_corrupt", chain=self._chain.name, job=job.id, detail="its block is missing")
            self._jobs.reorganised(job.id, back, "its block was not stored")
            return
        fate = standing(job.block, hash_now=hashes[job.block.number], finalized=finalized)
        if fate is Standing.FINAL:
            end = JobState.FINALIZED if mine else JobState.ALREADY_ON_CHAIN
            self._jobs.settled(job.id, end, f"block {job.block.number} is final")
        elif fate is Standing.GONE:
            self._jobs.reorganised(job.id, back, f"block {job.block.number} was reorganised away")

    async def _follow_sent(
        self, job: JobRecord, attempts: Sequence[AttemptRecord], receipts: Mapping[str, Receipt | None], look: Look
    ) -> None:
        for attempt in attempts:
            receipt = receipts[attempt.hash]
            if receipt is not None:
                await self._landed(job, attempts, attempt, receipt, look)
                return
        if attempts[-1].nonce < look.used[attempts[-1].signer]:
            await self._consider_lost(job, attempts, look)
        else:
            await self._push(job, attempts[-1], look)

    async def _landed(
        self, job: JobRecord, attempts: Sequence[AttemptRecord], attempt: AttemptRecord, receipt: Receipt, look: Look
    ) -> None:
        self._resent.pop(attempt.hash, None)
        if receipt.succeeded and attempt.kind is AttemptKind.CALL:
            self._jobs.included(job.id, attempt, receipt)
            return
        reason = f"{attempt.hash} reverted in block {receipt.block.number}"
        cancelled = _is_cancelled(job, attempts)
        if attempt.kind is AttemptKind.CALL and not cancelled:
            self._jobs.attempt_ended(job.id, attempt, REVERTED, reason, receipt)
            return
        # another transaction with this nonce could come back until this block is final
        if receipt.block.number > look.finalized or not await self._stands(receipt.block):
            return
        end = JobState.CANCELLED if cancelled else CALLED_OFF[attempt.kind]
        if attempt.kind in CALLED_OFF:
            reason = f"{attempt.hash} took nonce {attempt.nonce} in its place"
        self._jobs.called_off(job.id, end, reason, (attempt, receipt))

    async def _consider_lost(self, job: JobRecord, attempts: Sequence[AttemptRecord], look: Look) -> None:
        """The nonce is used, and not visibly by us: believed only from every endpoint, and once it is final."""
        for attempt in attempts:
            receipt = await self._chain.receipt_anywhere(attempt.hash)
            if receipt is not None:
                await self._landed(job, attempts, attempt, receipt, look)
                return
        newest = attempts[-1]
        if newest.passed_at_block is None:
            log.warning("nonce_used_by_another", chain=self._chain.name, job=job.id, nonce=newest.nonce, tx=newest.hash)
            self._attempts.nonce_passed(newest, look.head.reference.number)
        elif newest.passed_at_block <= look.finalized:
            # nodes may deny a receipt; the block that used the nonce says by which transaction
            user = await self._chain.user_of_nonce(newest.signer, newest.nonce, look.head.reference.number)
            if user in {attempt.hash for attempt in attempts}:
                error = f"transaction {user} is in a block, but no endpoint gives its receipt"
                log.error("receipt_denied", chain=self._chain.name, job=job.id, tx=user)
                self._jobs.note_error(job.id, error)
                return
            reason = f"nonce {newest.nonce} went to {user or 'another transaction'} for good"
            if _is_cancelled(job, attempts):
                self._jobs.called_off(job.id, JobState.CANCELLED, reason)
            else:
                self._jobs.attempt_ended(job.id, newest, LOST, reason)

    async def _push(self, job: JobRecord, newest: AttemptRecord, look: Look) -> None:
        """Nothing of this nonce is in a block: replace it when it is time, else see to it that nodes know it."""
        if newest.passed_at_block is not None:
            self._attempts.nonce_passed(newest, None)
        now = self._jobs.now
        is_next = newest.nonce == look.used[newest.signer]
        kind = wanted_kind(newest, job, chain_time=look.head.timestamp)
        due = self._rules.should_replace(newest, job, kind, now=now, is_next=is_next)
        failing = await self._simulator.judge(job, look.head) if due and kind is AttemptKind.CALL else None
        # a batch holds up its jobs, which may succeed singly
        doomed = failing is not None and (failing.verdict is not Verdict.RETRY or job.kind is JobKind.BATCH)
        if doomed:
            kind = AttemptKind.WITHDRAW
        if not (due and await self._replacer.replace(job, newest, kind, look.head)):
            await self._resend(job.id, newest)
        elif failing is not None and doomed:
            self._jobs.note_error(job.id, f"withdrawn: {failing.detail}")

    async def _resend(self, job_id: int | None, attempt: AttemptRecord) -> None:
        now = self._jobs.now
        recently = elapsed(self._resent.get(attempt.hash, -RESEND_SECONDS), now) < RESEND_SECONDS
        if recently or await self._chain.knows(attempt.hash):
            return
        self._resent[attempt.hash] = now
        await broadcast(self._chain, self._jobs, job_id, attempt)

    async def _follow_filler(self, filler: AttemptRecord, look: Look) -> None:
        if filler.nonce >= look.used.get(filler.signer, 0):
            self._attempts.nonce_passed(filler, None)
            await self._resend(None, filler)
        elif filler.passed_at_block is None:
            self._attempts.nonce_passed(filler, look.head.reference.number)
        elif filler.passed_at_block <= look.finalized:
            self._attempts.filled(filler)

    async def fill(self, nonce: Nonce) -> None:
        """Use a nonce that nobody uses.

        Raises:
            VeristakeError: fees are above the maximum, or no endpoint answers.
        """
        await self._replacer.fill(nonce, await self._chain.head())


def _is_cancelled(job: JobRecord, attempts: Sequence[AttemptRecord]) -> bool:
    """Whether the operator has called it off, so that it must not be tried again.

    Args:
        job: in flight.
        attempts: of its nonce; the wish ends when it is carried out, which its self-send tells.
    """
    return job.wish == "cancel" or any(attempt.kind is AttemptKind.CANCEL for attempt in attempts)
