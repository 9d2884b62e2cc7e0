"""How long miners took lately, by circuit; kept in memory, made from the stored outcomes at start."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

_KEPT_PER_MINER = 16
"""As many of each miner, so that the one who is asked most does not set the others' timeout alone."""
_LATEST = 3
"""Requests after which one that was not answered in time is no longer held against the timeout."""


def _newest() -> deque[float]:
    return deque(maxlen=_KEPT_PER_MINER)


@dataclass
class _Measured:
    """One miner under one circuit.

    Attributes:
        verified: seconds of its verified answers, oldest first.
        waited: seconds of all of its requests, those that it was allowed where no answer came in time.
        late: of its latest requests, whether no answer came in time.
    """

    verified: deque[float] = field(default_factory=_newest)
    waited: deque[float] = field(default_factory=_newest)
    late: deque[bool] = field(default_factory=lambda: deque(maxlen=_LATEST))


class Measurements:
    """Seconds from request to answer.

    Only a miner that has given a verified answer counts: how long the others wait before they give none says nothing.

    Args:
        stored: (circuit id, hotkey, seconds) of verified answers, oldest first.
    """

    def __init__(self, stored: Iterable[tuple[str, str, float]] = ()) -> None:
        self._measured: dict[tuple[str, str], _Measured] = {}
        for circuit_id, hotkey, seconds in stored:
            self.add(circuit_id, hotkey, seconds)

    def add(self, circuit_id: str, hotkey: str, seconds: float) -> None:
        """Remember one more verified answer."""
        measured = self._measured.setdefault((circuit_id, hotkey), _Measured())
        measured.verified.append(seconds)
        measured.waited.append(seconds)
        measured.late.append(False)

    def add_timed_out(self, circuit_id: str, hotkey: str, seconds: float) -> None:
        """Remember a request without an answer: it would have taken longer than ``seconds``, which it was allowed."""
        measured = self._measured.setdefault((circuit_id, hotkey), _Measured())
        measured.waited.append(seconds)
        measured.late.append(True)

    def of_miner(self, circuit_id: str, hotkey: str) -> tuple[float, ...]:
        """The miner's latest verified answers, oldest first."""
        measured = self._measured.get((circuit_id, hotkey))
        return () if measured is None else tuple(measured.verified)

    def proven(self, circuit_id: str, miners: Collection[str] | None = None) -> frozenset[str]:
        """Who has given a verified answer under a circuit.

        Args:
            circuit_id: the circuit.
            miners: hotkeys that count, those that are registered; None for all.
        """
        return frozenset(hotkey for hotkey, _ in self._of_circuit(circuit_id, miners))

    def of_circuit(self, circuit_id: str, miners: Collection[str] | None = None) -> list[tuple[float, ...]]:
        """The latest requests of each proven miner: seconds that it took, or was allowed and did not keep.

        Args:
            circuit_id: the circuit.
            miners: as for :meth:`proven`.
        """
        return [tuple(measured.waited) for _, measured in self._of_circuit(circuit_id, miners)]

    def late(self, circuit_id: str, miners: Collection[str] | None = None) -> list[bool]:
        """Of each proven miner, whether one of its latest requests was not answered in time.

        Args:
            circuit_id: the circuit.
            miners: as for :meth:`proven`.
        """
        return [any(measured.late) for _, measured in self._of_circuit(circuit_id, miners)]

    def _of_circuit(self, circuit_id: str, miners: Collection[str] | None) -> list[tuple[str, _Measured]]:
        # list() at once: metrics are read in another thread than the one that adds
        return [
            (hotkey, measured)
            for (of, hotkey), measured in list(self._measured.items())
            if of == circuit_id and measured.verified and (miners is None or hotkey in miners)
        ]
