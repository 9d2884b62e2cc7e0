"""Proofs on a Ray cluster; every node needs this package, EZKL, and the circuits at the same paths."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ray as _untyped_ray

from statements.errors import CircuitError, ConfigurationError
from verifier_gen.measured import MeasuredProof
from verifier_gen.pool import WorkerDiedError, prove_in_worker, warm_in_worker

# its decorators have no types that mypy could check
ray: Any = _untyped_ray


class RayBackend:
    """Tasks of a Ray cluster, each on a processor of its own.

    Args:
        address: of the cluster; None: one is started on this machine, and ends with this process.
        workers: proofs made at the same time in the whole cluster.
        timeout_seconds: longest that one proof may take; then its process is ended.

    Raises:
        ConfigurationError: there is no cluster at the address.
    """

    def __init__(self, address: str | None, *, workers: int, timeout_seconds: float = 600.0) -> None:
        self.workers, self.replaced, self._timeout = workers, 0, timeout_seconds
        try:
            ray.init(
                address=address,
                num_cpus=workers if address is None else None,
                include_dashboard=False,
                log_to_driver=False,
                configure_logging=False,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise ConfigurationError(
                f"there is no Ray cluster at proving.ray_address {address}", remedy="Start it: ray start --head"
            ) from error
        # a task that dies is tried again by the miner, within the request's deadline
        self._prove = ray.remote(num_cpus=1, max_retries=0)(prove_in_worker)
        self._warm = ray.remote(num_cpus=1, max_retries=0)(warm_in_worker)

    async def warm(self, directory: Path) -> None:
        """Check a circuit in the cluster."""
        await self._await(self._warm.remote(directory, with_proving_key=True))

    async def prove(self, directory: Path, inputs: Sequence[int], tag: int) -> MeasuredProof:
        """Prove in the cluster."""
        measured: MeasuredProof = await self._await(self._prove.remote(directory, tuple(inputs), tag))
        return measured

    def close(self) -> None:
        """Leave the cluster, or end the one that was started."""
        ray.shutdown()

    async def _await(self, reference: Any) -> Any:
        try:
            return await asyncio.wait_for(reference, self._timeout)
        except TimeoutError as error:
            ray.cancel(reference, force=True)
            self.replaced += 1
            raise WorkerDiedError(f"a Ray task gave no proof within {self._timeout:.0f} s") from error
        except ray.exceptions.RayTaskError as error:
            cause = error.cause
            raise cause if isinstance(cause, CircuitError) else CircuitError(f"a Ray task failed: {cause}") from error
        except ray.exceptions.RayError as error:
            self.replaced += 1
            raise WorkerDiedError(
                f"a Ray worker died: {type(error).__name__}", remedy="Look at the cluster's nodes: memory, EZKL, files"
            ) from error
