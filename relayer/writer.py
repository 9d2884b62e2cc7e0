"""The one writer of a (chain, signer): connects, reconciles, then follows and submits until it is stopped."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from relayer.backoff import backoff_seconds
from relayer.chain import Chain
from relayer.follower import Follower
from relayer.keys import Signer
from relayer.nonces import foreign_nonces
from relayer.outbox.job_store import JobStore
from relayer.submitter import Submitter
from statements.errors import ChainError, ConfigurationError, VeristakeError

log = structlog.get_logger(__name__)

JOBS_PER_PASS = 50


@dataclass
class WriterHealth:
    """How a writer is, for ``/readyz``.

    Attributes:
        ready: the chain answered at the last look.
        error: why not.
    """

    ready: bool = False
    error: str = "not connected yet"


class ChainWriter:
    """Works through the jobs of one chain.

    Args:
        chain: where to.
        store: jobs of this chain and signer.
        signer: pays.
        submitter: takes jobs from queued to sent.
        follower: takes jobs from sent to final.
        poll_seconds: time between two looks at the chain.
    """

    def __init__(
        self,
        chain: Chain,
        store: JobStore,
        signer: Signer,
        submitter: Submitter,
        follower: Follower,
        *,
        poll_seconds: float,
    ) -> None:
        self._chain = chain
        self._store = store
        self._signer = signer
        self._submitter = submitter
        self._follower = follower
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self.health = WriterHealth()

    @property
    def name(self) -> str:
        """Name of the chain."""
        return self._chain.name

    def wake(self) -> None:
        """There are new jobs: do not wait for the next look."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; a step under way is finished first.

        Raises:
            ConfigurationError: wrong chain id, or a state of another chain.
        """
        failures, connected = 0, False
        while not stop.is_set():
            try:
                if not connected:
                    await self.connect()
                    connected = True
                await self.step(stop)
                failures, wait = 0, self._poll_seconds
                self.health.ready, self.health.error = True, ""
            except ConfigurationError:
                raise
            except (VeristakeError, SQLAlchemyError) as error:
                failures += 1
                wait = backoff_seconds(failures, first=self._poll_seconds)
                self.health.ready, self.health.error = False, str(error)
                log.error("chain_failed", chain=self.name, error=str(error), retry_seconds=wait)
            await self._pause(wait, stop)

    async def step(self, stop: asyncio.Event) -> None:
        """Follow what is in flight, then submit what is due.

        Raises:
            ChainError: no endpoint answers.
        """
        self._wake.clear()
        await self._follower.follow()
        for job in self._store.due(JOBS_PER_PASS):
            if stop.is_set():
                return
            await self._submitter.submit(job)

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
        self._store.claim_chain(genesis.reference.hash)
        await self._reconcile()
        await self._follower.resend_all()

    async def _reconcile(self) -> None:
        """Compare the database's nonces with the chain's; the next one is derived from all three each time."""
        address = self._signer.address
        latest = await self._chain.nonce(address, "latest")
        pending = await self._chain.nonce(address, "pending")
        stored = self._store.stored_nonces(latest)
        foreign = foreign_nonces(latest=latest, pending=pending, stored=stored)
        log.info(
            "nonce_reconciled",
            chain=self.name,
            signer=address,
            latest=latest,
            pending=pending,
            stored=sorted(stored),
            foreign=list(foreign),
        )
        if foreign:
            log.warning("key_used_elsewhere", chain=self.name, signer=address, nonces=list(foreign))

    async def _pause(self, seconds: float, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (stop, self._wake)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
