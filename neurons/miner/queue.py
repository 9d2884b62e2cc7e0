"""How many requests a miner takes on, and how long the next one would wait."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from neurons.messages import RefusalCode
from neurons.refusing import RefusedError

_SAMPLES = 16
_ASSUMED_SECONDS = 10.0
"""Per proof, before the first has been measured (docs/benchmarks.md: 7 to 12 s on two cores)."""


def expected_wait(*, admitted: int, workers: int, seconds_per_proof: float) -> float:
    """Seconds until a worker is free for one more request.

    Args:
        admitted: requests being proved or waiting.
        workers: proofs made at the same time.
        seconds_per_proof: of a typical proof.
    """
    if admitted < workers:
        return 0.0
    return (1 + (admitted - workers) // workers) * seconds_per_proof


class ProvingQueue:
    """Admission to the workers, decided at once.

    Args:
        workers: proofs made at the same time.
        limit: requests that may wait for a worker.
    """

    def __init__(self, *, workers: int, limit: int) -> None:
        self.workers = workers
        self.limit = limit
        self._admitted = 0
        self._seconds: dict[str, deque[float]] = {}

    @property
    def waiting(self) -> int:
        """Requests that wait for a worker."""
        return max(0, self._admitted - self.workers)

    def seconds_per_proof(self, circuit_id: str) -> float | None:
        """Median of the latest proofs of a circuit, seconds; None before the first."""
        measured = self._seconds.get(circuit_id)
        return statistics.median(measured) if measured else None

    def measured(self, circuit_id: str, seconds: float) -> None:
        """Remember how long a proof took."""
        self._seconds.setdefault(circuit_id, deque(maxlen=_SAMPLES)).append(seconds)

    @contextmanager
    def place(self, circuit_id: str, deadline_seconds: float) -> Iterator[None]:
        """Hold a place until the proof is made.

        Args:
            circuit_id: circuit to prove under.
            deadline_seconds: how long the asker waits.

        Raises:
            RefusedError: the queue is full, or the proof could not be ready in time.
        """
        seconds = self.seconds_per_proof(circuit_id)
        wait = expected_wait(
            admitted=self._admitted, workers=self.workers, seconds_per_proof=seconds or _ASSUMED_SECONDS
        )
        if self._admitted >= self.workers + self.limit:
            raise RefusedError(
                RefusalCode.QUEUE_FULL, f"{self.waiting} requests wait, the limit is {self.limit}", retry_after=wait
            )
        if seconds is not None and wait + seconds > deadline_seconds:
            raise RefusedError(
                RefusalCode.DEADLINE_TOO_SHORT,
                f"the proof would take {wait + seconds:.1f} s, the deadline is {deadline_seconds:g} s",
                retry_after=wait,
            )
        self._admitted += 1
        try:
            yield
        finally:
            self._admitted -= 1
