"""Checks what a validator needs."""

from __future__ import annotations

from importlib.util import find_spec

from neurons.doctor import examine_common, look
from neurons.network import Role
from neurons.opening import open_chain, open_network
from neurons.serving import bind
from neurons.validator.attest import Attester
from neurons.validator.competitions_assembly import open_competition
from neurons.validator.formulas import Formula
from neurons.validator.known_assets import require_known_assets
from neurons.validator.migrate import look_at
from neurons.validator.run import open_asked_circuit, open_served_circuits
from neurons.validator.settings import ValidatorSettings
from statements.errors import ConfigurationError
from statements.finding import Finding


def examine_validator(settings: ValidatorSettings) -> list[Finding]:
    """Everything that a validator needs; nothing is changed."""

    def assets() -> str:
        require_known_assets(open_chain(settings.chain), settings.assets)
        return ", ".join(asset.symbol for asset in settings.assets)

    def attester() -> str:
        if settings.attestation is None:
            return "no other chain is served"
        destinations = ", ".join(str(place.chain_id) for place in settings.attestation.destinations)
        return f"{Attester(settings.attestation).address} attests for chains {destinations}"

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
        look("circuits", lambda: _circuits(settings)),
        look("scoring", lambda: _scoring(settings)),
        look("attestation", attester),
        look("state", lambda: look_at(settings.state_url)),
        look("api", api),
        look("miners", miners),
    ]


def _circuits(settings: ValidatorSettings) -> str:
    served = open_served_circuits(settings, open_asked_circuit(settings))
    for each in settings.competitions:
        open_competition(each)
    return ", ".join(f"{circuit.manifest.name} {circuit_id}" for circuit_id, circuit in served.items())


def _scoring(settings: ValidatorSettings) -> str:
    formula = settings.scoring.formula
    if (formula is Formula.OUTPUT or settings.competitions) and find_spec("onnxruntime") is None:
        raise ConfigurationError(
            "the output formula and competitions run the float network, and onnxruntime is not installed",
            remedy="pip install 'veristake[validator]'",
        )
    return f"formula {formula}"
