"""The interface of what makes proofs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from verifier_gen.measured import MeasuredProof


class ProvingBackend(Protocol):
    """Makes as many proofs at the same time as it has workers."""

    @property
    def workers(self) -> int:
        """Proofs made at the same time."""

    @property
    def replaced(self) -> int:
        """Workers that were replaced since the beginning: they died, hung or kept too much memory."""

    async def warm(self, directory: Path) -> None:
        """Let every worker check a circuit before the first request needs it.

        Raises:
            CircuitError: a file is missing or is not the one that the manifest names.
        """

    async def prove(self, directory: Path, inputs: Sequence[int], tag: int) -> MeasuredProof:
        """Prove one run of the circuit in a folder.

        Raises:
            WorkerDiedError: the worker ended amid the proof; another one stands ready.
            InputOutOfRangeError: the circuit has no witness for these inputs.
            CircuitError: the proof cannot be made.
        """

    def close(self) -> None:
        """End the workers; proofs under way are given up."""
