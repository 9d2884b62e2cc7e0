"""How long proofs take on this machine, by circuit."""

from __future__ import annotations

import statistics
from collections import deque

_SAMPLES = 16
ASSUMED_SECONDS = 10.0
"""Per proof, where neither this machine nor the circuit's builder has measured (docs/benchmarks.md: 5 to 12 s)."""


class ProofDurations:
    """Medians of the latest proofs."""

    def __init__(self) -> None:
        self._measured: dict[str, deque[float]] = {}
        self._built: dict[str, float] = {}

    def suppose(self, circuit_id: str, seconds: float) -> None:
        """What the circuit's builder measured, taken until this machine knows better."""
        self._built[circuit_id] = seconds

    def measured(self, circuit_id: str, seconds: float) -> None:
        """Remember how long a proof took."""
        self._measured.setdefault(circuit_id, deque(maxlen=_SAMPLES)).append(seconds)

    def seconds(self, circuit_id: str) -> float | None:
        """Median of the latest proofs on this machine, seconds; None before the first."""
        known = self._measured.get(circuit_id)
        return statistics.median(known) if known else None

    def expected(self, circuit_id: str) -> float:
        """Best guess for the next proof, seconds."""
        known = self.seconds(circuit_id)
        return known if known is not None else self._built.get(circuit_id, ASSUMED_SECONDS)
