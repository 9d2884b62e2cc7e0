"""The outbox as the keeper sees it: jobs that come from no publication."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from relayer.outbox.models import JobRow
from relayer.outbox.transitions import queued, record
from statements.job import Job


class KeeperStore:
    """Queues jobs with a deadline.

    Args:
        engine: of the state.
        clock: Unix time, seconds.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def queue(self, jobs: Sequence[Job], batch: Job | None, *, deadline: float) -> list[int]:
        """Store jobs that are not known yet, behind ``batch`` when all of them are new.

        Args:
            jobs: to do.
            batch: makes all their calls in one transaction; None: each is sent by itself.
            deadline: Unix time of the chain from which on they are in vain, seconds.

        Returns:
            Ids of the new jobs.
        """
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            known = set(session.scalars(select(JobRow.key).where(JobRow.key.in_([job.key for job in jobs]))))
            taken: list[int] = []
            first = None
            if batch is not None and not known:
                first = _add(session, batch, depends_on=None, deadline=deadline, now=now)
                taken.append(first)
            taken += [
                _add(session, job, depends_on=first, deadline=deadline, now=now) for job in jobs if job.key not in known
            ]
            return taken


def _add(session: Session, job: Job, *, depends_on: int | None, deadline: float, now: float) -> int:
    row = queued(job, inference_id=None, depends_on=depends_on, expires_at=deadline, now=now)
    session.add(row)
    session.flush()
    record(session, row, old=None, at=now, reason="asked for by the keeper")
    return row.id
