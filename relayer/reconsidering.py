"""Looking again at what the policy has skipped: a heartbeat may have come, another update may be due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from relayer.outbox.intake_store import IntakeStore

log = structlog.get_logger(__name__)

RECONSIDER_SECONDS = 5.0


async def reconsider_skipped(store: IntakeStore, on_jobs: Callable[[], None], stop: asyncio.Event) -> None:
    """Queue skipped jobs as they become due, until ``stop`` is set.

    Args:
        store: of the jobs.
        on_jobs: called when there are jobs to do.
        stop: ends it.
    """
    while not stop.is_set():
        try:
            taken = store.reconsider()
            if taken:
                log.info("skipped_became_due", jobs=taken)
                on_jobs()
        except SQLAlchemyError as error:
            log.error("policy_failed", code=type(error).__name__, error=str(error))
        try:
            await asyncio.wait_for(stop.wait(), RECONSIDER_SECONDS)
        except TimeoutError:
            continue
