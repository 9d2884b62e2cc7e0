"""The one writer of a (chain, signer): leads, reconciles, then follows and submits until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from relayer.account import Account
from relayer.backoff import backoff_seconds
from relayer.chain import Chain
from relayer.classify import RpcError
from relayer.follower import Follower
from relayer.lease import Lease
from relayer.nonces import Nonce, foreign_nonces, gaps
from relayer.submitter import Outbox, Submitter
from statements.errors import ChainError, ConfigurationError, VeristakeError

log = structlog.get_logger(__name__)

JOBS_PER_PASS = 48
JOBS_AT_ONCE = 8
"""So many jobs are simulated, estimated and sent beside each other, where no batch may hold more."""
POLLS_TO_A_LOOK_WITH_HEADS = 5
"""While new heads wake it, a writer looks by itself only for what no block tells: deadlines, bumps, wishes."""
STANDBY_SECONDS = 1.0
"""Time between two tries of a standby to become leader."""


@dataclass
class WriterHealth:
    """How a writer is, for ``/readyz``.

    Attributes:
        ready: the chain answered at the last look, or another relayer leads.
        error: why not.
        leads: this relayer writes to the chain.
    """

    ready: bool = False
    error: str = "not connected yet"
    leads: bool = False


class ChainWriter:
    """Works through the jobs of one chain.

    Args:
        chain: where to.
        outbox: jobs and transactions.
        account: pays.
        submitter: takes jobs from queued to sent.
        follower: takes jobs from sent to final.
        lease: held while this writer writes.
        poll_seconds: time between two looks at the chain.
        jobs_at_once: so many jobs are simulated, estimated and sent beside each other.
    """

    def __init__(
        self,
        chain: Chain,
        outbox: Outbox,
        account: Account,
        submitter: Submitter,
        follower: Follower,
        lease: Lease,
        *,
        poll_seconds: float,
        jobs_at_once: int = JOBS_AT_ONCE,
    ) -> None:
        self._chain = chain
        self._jobs = outbox.jobs
        self._attempts = outbox.attempts
        self._account = account
        self._submitter = submitter
        self._follower = follower
        self._lease = lease
        self._poll_seconds = poll_seconds
        self._poll_factor = 1
        self._jobs_at_once = jobs_at_once
        self._wake = asyncio.Event()
        self._connected = False
        self._suspected_gaps: frozenset[Nonce] = frozenset()
        self.health = WriterHealth()

    @property
    def name(self) -> str:
        """Name of the chain."""
        return self._chain.name

    def wake(self) -> None:
        """There are new jobs: do not wait for the next look."""
        self._wake.set()

    def rely_on_heads(self, rely: bool) -> None:
        """Whether each new head wakes this writer: then it looks less often by itself."""
        factor = POLLS_TO_A_LOOK_WITH_HEADS if rely else 1
        if factor != self._poll_factor:
            self._poll_factor = factor
            self.wake()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; a step under way is finished first.

        Raises:
            ConfigurationError: wrong chain id, or a state of another chain.
        """
        failures = 0
        try:
            while not stop.is_set():
                interrupts = [stop, self._wake]
                try:
                    wait = await self.turn(stop)
                    failures = 0
                except ConfigurationError:
                    raise
                except Exception as error:
                    # whatever a node or the database answers must not stop the other chains
                    failures += 1
                    wait = backoff_seconds(failures, first=self._poll_seconds)
                    # new heads and jobs are no reason to ask sooner what does not answer
                    interrupts = [stop]
                    self._connected = False
                    self.health.ready, self.health.error = False, str(error)
                    expected = isinstance(error, VeristakeError | SQLAlchemyError | RpcError)
                    log.error(
                        "chain_failed",
                        chain=self.name,
                        code=type(error).__name__,
                        error=str(error),
                        retry_seconds=wait,
                        exc_info=None if expected else error,
                    )
                await _pause(wait, interrupts)
        finally:
            self.release()

    def release(self) -> None:
        """Let another relayer lead."""
        self._lease.release()
        self.health.leads = False

    async def turn(self, stop: asyncio.Event) -> float:
        """One step as leader, or none as standby; returns the seconds until the next.

        Raises:
            ChainError: no endpoint answers.
            ConfigurationError: wrong chain id, or a state of another chain.
        """
        self._wake.clear()
        leads = self._lease.hold()
        if leads != self.health.leads:
            log.info("leadership_changed", chain=self.name, signer=self._account.address, leads=leads)
            # a new leader reconciles: another one may have written since
            self._connected, self.health.leads = False, leads
        if not leads:
            self.health.ready, self.health.error = True, ""
            return STANDBY_SECONDS
        if not self._connected:
            await self.connect()
        await self.step(stop)
        self.health.ready, self.health.error = True, ""
        return self._poll_seconds * self._poll_factor

    async def step(self, stop: asyncio.Event) -> None:
        """Follow what is in flight, see to gaps, then submit what is due.

        Raises:
            ChainError: no endpoint answers.
        """
        await self._follower.follow()
        await self._fill_gaps()
        if self._jobs.is_paused():
            return
        due = self._jobs.due(JOBS_PER_PASS)
        for start in range(0, len(due), self._jobs_at_once):
            if stop.is_set():
                return
            await self._submitter.submit(due[start : start + self._jobs_at_once])
        if len(due) == JOBS_PER_PASS:
            self._wake.set()

    async def connect(self) -> None:
        """Check chain and state, reconcile nonces, and send again what was stored.

        Raises:
            ConfigurationError: wrong chain id, or a state of another chain.
            ChainError: no endpoint answers.
        """
        await self._chain.connect()
        genesis = await self._chain.block(0)
        if genesis is None:
            raise ChainError(
                f"chain {self.name} has no block 0 at any endpoint",
                remedy="Add an endpoint that holds the chain's whole history, at least its block headers",
            )
        self._jobs.claim_chain(genesis.reference.hash)
        await self._reconcile()
        await self._follower.resend_all()
        self._connected = True

    async def _reconcile(self) -> None:
        """Compare the database's nonces with the chain's; the next one is derived from all three each time."""
        address = self._account.address
        view = await self._account.nonces()
        stored = self._attempts.stored_nonces(view.latest)
        foreign = foreign_nonces(latest=view.latest, pending=view.pending, stored=stored)
        log.info(
            "nonce_reconciled",
            chain=self.name,
            signer=address,
            latest=view.latest,
            pending=view.pending,
            stored=sorted(stored),
            foreign=list(foreign),
        )
        if foreign:
            log.warning("key_used_elsewhere", chain=self.name, signer=address, nonces=list(foreign))

    async def _fill_gaps(self) -> None:
        """Fill nonces that nobody uses, once two looks in a row agree on them."""
        view = await self._account.nonces()
        found = gaps(
            latest=view.latest,
            pending=view.pending,
            stored=self._attempts.stored_nonces(view.latest),
            open_nonces=self._attempts.open_nonces(view.latest),
        )
        for nonce in found:
            if nonce in self._suspected_gaps:
                await self._fill(nonce)
        self._suspected_gaps = frozenset(found)

    async def _fill(self, nonce: Nonce) -> None:
        try:
            await self._follower.fill(nonce)
        except (RpcError, VeristakeError) as error:
            # neither the other nonces nor the jobs have to wait for this one
            code = type(error).__name__
            log.warning("nonce_gap_open", chain=self._chain.name, nonce=nonce, code=code, error=str(error))


async def _pause(seconds: float, interrupts: Sequence[asyncio.Event]) -> None:
    waits = [asyncio.create_task(event.wait()) for event in interrupts]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
