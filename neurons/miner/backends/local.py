"""Proofs by processes of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from verifier_gen.measured import MeasuredProof
from verifier_gen.pool import ProverPool


class LocalBackend:
    """A pool of worker processes.

    Args:
        pool: of the workers.
    """

    def __init__(self, pool: ProverPool) -> None:
        self.pool = pool

    @property
    def workers(self) -> int:
        """Proofs made at the same time."""
        return self.pool.workers

    @property
    def replaced(self) -> int:
        """Workers that were replaced."""
        return self.pool.replaced

    async def warm(self, directory: Path) -> None:
        """Let every worker check a circuit."""
        await asyncio.gather(*(self.pool.warm(directory, with_proving_key=True) for _ in range(self.workers)))

    async def prove(self, directory: Path, inputs: Sequence[int], tag: int) -> MeasuredProof:
        """Prove in a worker."""
        return await self.pool.prove_measured(directory, inputs, tag)

    def close(self) -> None:
        """End the workers."""
        self.pool.close()
