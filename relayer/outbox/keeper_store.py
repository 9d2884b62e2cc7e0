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

    def queue(self, jobs: Sequence[Job], *, deadline: float) -> list[int]:
        """Store jobs that are not known yet.

        Args:
            jobs: to do.
            deadline: Unix time of the chain from which on they are in vain, seconds.

        Returns:
            Ids of the new jobs.
        """
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            known = set(session.scalars(select(JobRow.key).where(JobRow.key.in_([job.key for job in jobs]))))
            return [_add(session, job, deadline=deadline, now=now) for job in jobs if job.key not in known]


def _add(session: Session, job: Job, *, deadline: float, now: float) -> int:
    row = queued(job, inference_id=None, depends_on=None, expires_at=deadline, now=now)
    session.add(row)
    session.flush()
    record(session, row, old=None, at=now, reason="asked for by the keeper")
    return row.id
