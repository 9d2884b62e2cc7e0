"""How long miners took lately, by circuit; kept in memory, made from the stored outcomes at start."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

_KEPT_PER_MINER = 16
"""As many of each miner, so that the one who is asked most does not set the others' timeout alone."""


class Measurements:
    """Seconds from request to answer of verified answers.

    Args:
        stored: (circuit id, hotkey, seconds), oldest first.
    """

    def __init__(self, stored: Iterable[tuple[str, str, float]] = ()) -> None:
        self._seconds: dict[str, dict[str, deque[float]]] = {}
        for circuit_id, hotkey, seconds in stored:
            self.add(circuit_id, hotkey, seconds)

    def add(self, circuit_id: str, hotkey: str, seconds: float) -> None:
        """Remember one more answer."""
        of_circuit = self._seconds.setdefault(circuit_id, {})
        of_circuit.setdefault(hotkey, deque(maxlen=_KEPT_PER_MINER)).append(seconds)

    def of_miner(self, circuit_id: str, hotkey: str) -> tuple[float, ...]:
        """The miner's latest, oldest first."""
        return tuple(self._seconds.get(circuit_id, {}).get(hotkey, ()))

    def of_circuit(self, circuit_id: str) -> tuple[float, ...]:
        """The latest of every miner."""
        return tuple(seconds for kept in self._seconds.get(circuit_id, {}).values() for seconds in kept)
