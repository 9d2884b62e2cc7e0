"""The backend that the settings name."""

from __future__ import annotations

from neurons.miner.backends.backend import ProvingBackend
from neurons.miner.backends.environment import EnvironmentBackend
from neurons.miner.backends.local import LocalBackend
from neurons.miner.settings import BackendKind, MinerSettings
from statements.errors import ConfigurationError
from verifier_gen.pool import ProverPool


def open_backend(settings: MinerSettings) -> ProvingBackend:
    """Start what makes the proofs.

    Raises:
        ConfigurationError: Ray is not installed, or there is no cluster.
    """
    proving, kept = settings.proving, settings.worker_memory_bytes
    if proving.backend is BackendKind.RAY:
        try:
            from neurons.miner.backends.ray_cluster import RayBackend
        except ImportError as error:
            raise ConfigurationError(
                'proving.backend is "ray", which is not installed', remedy="pip install 'veristake[ray]'"
            ) from error
        return RayBackend(proving.ray_address, workers=settings.workers, timeout_seconds=proving.timeout_seconds)
    if proving.python is not None:
        return EnvironmentBackend(
            proving.python,
            workers=settings.workers,
            timeout_seconds=proving.timeout_seconds,
            kept_memory_bytes=kept,
        )
    return LocalBackend(ProverPool(settings.workers, proving.timeout_seconds, kept_memory_bytes=kept))
