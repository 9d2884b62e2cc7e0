"""The keeper: sees to it that each epoch has an observation, which anyone may make in its first minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from sqlalchemy.exc import SQLAlchemyError

from relayer.chain_data import Block
from relayer.outbox.keeper_store import KeeperStore
from relayer.settings import ChainSettings, KeeperSettings
from statements.abi import load_abi
from statements.abi.calldata import encode_call
from statements.errors import VeristakeError
from statements.job import Job, JobKind

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Window:
    """The time in which an epoch can be observed.

    Attributes:
        epoch: chain time divided by the epoch's length.
        closes_at: end of the window, Unix time of the chain, seconds.
    """

    epoch: int
    closes_at: int


def open_window(timestamp: int, settings: KeeperSettings) -> Window | None:
    """The window that is open at a block's time, None when none is, or when it is still left to others.

    Args:
        timestamp: of the latest block, seconds.
        settings: of the keeper.
    """
    epoch, into = divmod(timestamp, settings.epoch_seconds)
    if not settings.delay_seconds <= into < settings.window_seconds:
        return None
    return Window(epoch, epoch * settings.epoch_seconds + settings.window_seconds)


def observe_jobs(chain_id: int, settings: KeeperSettings, epoch: int) -> list[Job]:
    """One job per asset; the same epoch gives the same jobs, so that each is made once."""
    abi = load_abi("AssetObserver")
    return [
        Job(
            kind=JobKind.OBSERVE,
            statement_id="0x"
            + keccak(
                encode(
                    ["string", "uint256", "address", "address", "uint256"],
                    ["observe", chain_id, settings.observer, asset, epoch],
                )
            ).hex(),
            chain_id=chain_id,
            target=settings.observer,
            calldata="0x" + encode_call(abi, "observe", [asset]).hex(),
        )
        for asset in settings.assets
    ]


class Heads(Protocol):
    """Reads the newest block; :class:`relayer.chain.Chain`."""

    async def head(self) -> Block:
        """The latest block."""


class Keeper:
    """Queues the observations of one chain.

    An observation that somebody else has made costs nothing: simulation sees it. One that can't be made yet, because a
    price is stale for example, is tried again until the window closes.

    Args:
        chain: its newest block tells the epoch; this machine's clock does not.
        settings: of the chain.
        store: of the jobs.
        on_jobs: called when there are new jobs.
    """

    def __init__(
        self, chain: Heads, settings: ChainSettings, store: KeeperStore, *, on_jobs: Callable[[], None]
    ) -> None:
        self._chain = chain
        self._settings = settings
        self._store = store
        self._on_jobs = on_jobs
        self._done: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look at each poll until ``stop`` is set."""
        while not stop.is_set():
            try:
                await self.look()
            except (VeristakeError, SQLAlchemyError) as error:
                # the writer of the chain says the same, and louder
                log.warning("keeper_failed", chain=self._settings.name, code=type(error).__name__, error=str(error))
            try:
                await asyncio.wait_for(stop.wait(), self._settings.poll_seconds)
            except TimeoutError:
                continue

    async def look(self) -> list[int]:
        """Queue what the open window takes; returns the new jobs.

        Raises:
            ChainError: no endpoint answers.
        """
        keeper = self._settings.keeper
        if keeper is None:
            return []
        head = await self._chain.head()
        window = open_window(head.timestamp, keeper)
        if window is None or window.epoch == self._done:
            return []
        jobs = observe_jobs(self._settings.chain_id, keeper, window.epoch)
        taken = self._store.queue(jobs, deadline=window.closes_at)
        self._done = window.epoch
        if taken:
            log.info("observations_queued", chain=self._settings.name, epoch=window.epoch, jobs=taken)
            self._on_jobs()
        return taken
