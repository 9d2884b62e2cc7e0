"""Checks what a miner needs."""

from __future__ import annotations

import importlib.util
import subprocess

from daemon.writable import require_writable
from neurons.artefacts.cache import CircuitCache
from neurons.doctor import examine_common, look
from neurons.miner.holdings import MEBIBYTE
from neurons.miner.run import open_circuits
from neurons.miner.settings import BackendKind, MinerSettings, ProvingSettings
from neurons.network import Role
from signed_http.nonces import require_nonces
from statements.errors import ConfigurationError
from statements.finding import Finding

_SECONDS = 60.0
_LOOK = "import ezkl, verifier_gen.proof_service; print(ezkl.__version__)"


def examine_miner(settings: MinerSettings) -> list[Finding]:
    """Everything that a miner needs; nothing is changed."""

    def circuits() -> str:
        held = [f"{c.manifest.name} {c.manifest.circuit_id}" for c in open_circuits(settings).usable()]
        added = CircuitCache(settings.artefacts.cache, settings.artefacts.limit_mib * MEBIBYTE).held()
        if not held and not added:
            raise ConfigurationError("no circuit is held", remedy="List a folder in circuits, or add one by hash")
        return ", ".join([*held, *(f"bundle {bundle_hash}" for bundle_hash in added)])

    def replay_memory() -> str:
        require_writable(settings.http.replay_memory, "http.replay_memory")
        require_nonces(settings.http.replay_memory)
        return f"{settings.http.replay_memory} can be written"

    return [
        *examine_common(settings, Role.MINER),
        look("circuits", circuits),
        look("replay memory", replay_memory),
        look("backend", lambda: examine_backend(settings.proving)),
    ]


def examine_backend(proving: ProvingSettings) -> str:
    """Where proofs will be made, without starting anything that lasts.

    Raises:
        ConfigurationError: it cannot be used.
    """
    if proving.backend is BackendKind.RAY and importlib.util.find_spec("ray") is None:
        raise ConfigurationError("ray is not installed", remedy="pip install 'veristake[ray]'")
    if proving.python is None:
        return str(proving.backend)
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter is of the settings
            [str(proving.python), "-c", _LOOK], capture_output=True, text=True, check=True, timeout=_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(
            f"proving.python {proving.python} cannot import ezkl and verifier_gen",
            remedy="Install veristake[circuit] and your build of EZKL into that environment",
        ) from error
    return f"{proving.backend}, EZKL {done.stdout.strip()}"
