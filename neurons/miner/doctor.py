"""Checks what a miner needs."""

from __future__ import annotations

from neurons.doctor import examine_common, look
from neurons.miner.run import open_circuits
from neurons.miner.settings import MinerSettings
from neurons.network import Role
from statements.finding import Finding


def examine_miner(settings: MinerSettings) -> list[Finding]:
    """Everything that a miner needs."""

    def circuits() -> str:
        return ", ".join(f"{c.manifest.name} {c.manifest.circuit_id}" for c in open_circuits(settings).usable())

    return [*examine_common(settings, Role.MINER), look("circuits", circuits)]
