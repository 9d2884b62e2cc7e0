"""Checks what a validator needs."""

from __future__ import annotations

from neurons.doctor import examine_common, look
from neurons.network import Role
from neurons.opening import open_chain, open_network
from neurons.serving import bind
from neurons.validator.attest import Attester
from neurons.validator.known_assets import require_known_assets
from neurons.validator.run import open_asked_circuit
from neurons.validator.settings import ValidatorSettings
from neurons.validator.store import open_store
from statements.errors import ConfigurationError
from statements.finding import Finding


def examine_validator(settings: ValidatorSettings) -> list[Finding]:
    """Everything that a validator needs."""

    def assets() -> str:
        require_known_assets(open_chain(settings.chain), settings.assets)
        return ", ".join(asset.symbol for asset in settings.assets)

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

    def api() -> str:
        if settings.api is None:
            return "no external API is served"
        bind(settings.api, table="api").close()
        return f"{settings.api.host}:{settings.api.port} is free"

    def miners() -> str:
        found = [neuron for neuron in open_network(settings).neurons() if neuron.may_mine and neuron.endpoint]
        if not found:
            raise ConfigurationError("no miner is registered in the network with an address", remedy="Start a miner.")
        return f"{len(found)} registered"

    return [
        *examine_common(settings, Role.VALIDATOR),
        look("assets", assets),
        look("circuit", lambda: open_asked_circuit(settings).manifest.circuit_id),
        look("attestation", attester),
        look("state", state),
        look("api", api),
        look("miners", miners),
    ]
