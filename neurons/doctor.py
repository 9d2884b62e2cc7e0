"""Checks what a neuron needs, one after the other, and goes on after a failure so that all are seen at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from neurons.miner.run import open_circuits
from neurons.miner.settings import MinerSettings
from neurons.network import LocalNetwork, Role, neuron_of
from neurons.opening import open_chain, open_hotkey
from neurons.serving import bind
from neurons.settings import NeuronSettings
from neurons.validator.attest import Attester
from neurons.validator.run import open_asked_circuit
from neurons.validator.settings import ValidatorSettings
from neurons.validator.store import open_store
from statements.errors import ConfigurationError, VeristakeError


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: what was checked.
        passed: whether it is as it should be.
        detail: what was found, or what is wrong.
        remedy: what to do about it; empty when it passed.
    """

    check: str
    passed: bool
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


def examine_miner(settings: MinerSettings) -> list[Finding]:
    """Everything that a miner needs."""

    def circuits() -> str:
        return ", ".join(f"{c.manifest.name} {c.manifest.circuit_id}" for c in open_circuits(settings).values())

    return [*_common(settings, Role.MINER), _look("circuits", circuits)]


def examine_validator(settings: ValidatorSettings) -> list[Finding]:
    """Everything that a validator needs."""

    def attester() -> str:
        if settings.attestation is None:
            return "no other chain is served"
        destinations = ", ".join(str(place.chain_id) for place in settings.attestation.destinations)
        return f"{Attester(settings.attestation).address} attests for chains {destinations}"

    def state() -> str:
        store = open_store(settings.state_url, "")
        try:
            return f"{len(store.scores())} miners scored"
        finally:
            store.close()

    def miners() -> str:
        found = [neuron for neuron in LocalNetwork(settings.network).neurons() if neuron.role is Role.MINER]
        if not found:
            raise ConfigurationError(f"no miner is registered in {settings.network}", remedy="Start a miner.")
        return f"{len(found)} registered"

    return [
        *_common(settings, Role.VALIDATOR),
        _look("circuit", lambda: open_asked_circuit(settings).manifest.circuit_id),
        _look("attestation", attester),
        _look("state", state),
        _look("miners", miners),
    ]


def _common(settings: NeuronSettings, role: Role) -> list[Finding]:
    def wallet() -> str:
        return open_hotkey(settings.wallet).ss58_address

    def network() -> str:
        known = neuron_of(LocalNetwork(settings.network).neurons(), wallet())
        if known is None:
            return "not registered yet; `run` registers"
        if known.role is not role:
            raise ConfigurationError(
                f"registered as {known.role}, not as {role}", remedy="Give each role a wallet of its own."
            )
        return f"uid {known.uid}"

    def port() -> str:
        bind(settings.listen).close()
        return f"{settings.listen.host}:{settings.listen.port} is free"

    def chain() -> str:
        open_chain(settings.chain)
        return f"chain {settings.chain.chain_id}, observer {settings.chain.observer}"

    return [_look("wallet", wallet), _look("network", network), _look("port", port), _look("chain", chain)]


def _look(check: str, question: Callable[[], str]) -> Finding:
    try:
        return Finding(check=check, passed=True, detail=question())
    except VeristakeError as error:
        return Finding(check=check, passed=False, detail=error.message, remedy=error.remedy)
