"""The circuits that a miner proves under; more may be added while it runs."""

from __future__ import annotations

from collections.abc import Iterable

from neurons.messages import RefusalCode
from neurons.refusing import RefusedError
from statements.errors import CircuitError, ConfigurationError
from verifier_gen.circuit import Circuit

MEBIBYTE = 1024 * 1024


class HeldCircuits:
    """Circuits by id.

    Args:
        circuits: held from the beginning.
        memory_limit_bytes: that one proof may take; circuits that need more are refused. None: any amount.

    Raises:
        ConfigurationError: a circuit is given twice.
        CircuitError: a circuit needs more memory than allowed.
    """

    def __init__(self, circuits: Iterable[Circuit] = (), memory_limit_bytes: int | None = None) -> None:
        self._circuits: dict[str, Circuit] = {}
        self._limit = memory_limit_bytes
        self._too_large: dict[str, int] = {}
        for circuit in circuits:
            known = self._circuits.get(circuit.manifest.circuit_id)
            if known is not None:
                raise ConfigurationError(
                    f"circuits: {circuit.directory} is circuit {known.manifest.circuit_id} once more",
                    remedy="List each circuit once.",
                )
            self.add(circuit)

    def add(self, circuit: Circuit) -> None:
        """Hold a circuit from now on, in place of one with the same id.

        Raises:
            CircuitError: its builder measured more memory than a proof may take here.
        """
        measured = circuit.manifest.prover
        if self._limit is not None and measured is not None and measured.peak_memory_bytes > self._limit:
            raise CircuitError(
                f"circuit {circuit.directory} needs {measured.peak_memory_bytes // MEBIBYTE} MiB a proof, "
                f"worker_memory_mib is {self._limit // MEBIBYTE}",
                remedy="Raise worker_memory_mib if the machine has that much, or take the circuit out",
            )
        self._circuits[circuit.manifest.circuit_id] = circuit

    def remove(self, circuit_id: str) -> None:
        """Hold a circuit no longer; proofs under way go on."""
        self._circuits.pop(circuit_id, None)

    def note_need(self, circuit_id: str, peak_bytes: int) -> bool:
        """Take in what a proof needed; True when the circuit is refused from now on."""
        if self._limit is None or peak_bytes <= self._limit:
            return False
        self._too_large[circuit_id] = peak_bytes
        return True

    def find(self, circuit_id: str) -> Circuit:
        """A circuit that can be proved.

        Raises:
            RefusedError: it is not held, or has proved too large for this machine.
        """
        circuit = self._circuits.get(circuit_id)
        if circuit is None:
            raise RefusedError(RefusalCode.CIRCUIT_NOT_HELD, f"circuit {circuit_id} is not held")
        self.require_fits(circuit_id)
        return circuit

    def require_fits(self, circuit_id: str) -> None:
        """No proof under a circuit has taken more memory than allowed.

        Raises:
            RefusedError: one has.
        """
        if circuit_id in self._too_large:
            raise RefusedError(
                RefusalCode.CIRCUIT_TOO_LARGE,
                f"a proof under circuit {circuit_id} took {self._too_large[circuit_id] // MEBIBYTE} MiB here, "
                f"more than allowed",
            )

    def usable(self) -> tuple[Circuit, ...]:
        """The circuits that can be proved."""
        return tuple(circuit for name, circuit in self._circuits.items() if name not in self._too_large)
