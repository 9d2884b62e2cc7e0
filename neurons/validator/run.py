"""Starts the validator process."""

from __future__ import annotations

import asyncio

import structlog

from neurons.announcing import keep_announced
from neurons.descriptors import raise_descriptor_limit
from neurons.logs import configure_logs
from neurons.metrics import serve_metrics
from neurons.network import Role
from neurons.opening import open_chain, open_hotkey, open_network
from neurons.serving import bind, connection_bounds, serve, signed_requests, until_one_ends, url_of
from neurons.validator.api.serving import ExternalApi
from neurons.validator.app import validator_app
from neurons.validator.askable import require_askable
from neurons.validator.assembly import Workings
from neurons.validator.attest import Attester
from neurons.validator.events import EVENTS
from neurons.validator.known_assets import require_known_assets
from neurons.validator.settings import ValidatorSettings
from neurons.validator.store import open_store
from statements.errors import ConfigurationError
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.pool import VERIFICATION_SECONDS, ProverPool

_log = structlog.get_logger(__name__)


def open_asked_circuit(settings: ValidatorSettings) -> Circuit:
    """The circuit that miners are asked for.

    Raises:
        CircuitError: a file is missing or changed.
        ConfigurationError: it is of another model.
    """
    circuit = require_askable(open_circuit(settings.circuit))
    if circuit.manifest.model_name != settings.model:
        raise ConfigurationError(
            f"circuit {settings.circuit} is of model {circuit.manifest.model_name}, model is {settings.model}",
            remedy="Correct circuit or model.",
        )
    return circuit


def open_served_circuits(settings: ValidatorSettings, asked: Circuit) -> dict[str, Circuit]:
    """All circuits that queries and benchmarks may ask for, by circuit id.

    Raises:
        CircuitError: a file is missing or changed.
        ConfigurationError: a circuit is listed twice.
    """
    circuits = {asked.manifest.circuit_id: asked}
    for directory in settings.more_circuits:
        circuit = require_askable(open_circuit(directory))
        if circuit.manifest.circuit_id in circuits:
            raise ConfigurationError(
                f"more_circuits: {directory} is circuit {circuit.manifest.circuit_id} once more",
                remedy="List each circuit once; `circuit` needs no second entry.",
            )
        circuits[circuit.manifest.circuit_id] = circuit
    return circuits


def run_validator(settings: ValidatorSettings) -> None:
    """Run until SIGTERM or Ctrl-C.

    Raises:
        VeristakeError: something that the settings name is missing or wrong.
    """
    raise_descriptor_limit(settings.http, settings.listeners)
    configure_logs("validator", EVENTS)
    keypair = open_hotkey(settings.wallet)
    hotkey = keypair.ss58_address
    listener = bind(settings.listen)
    api_listener = bind(settings.api, table="api") if settings.api else None
    circuit = open_asked_circuit(settings)
    attester = Attester(settings.attestation) if settings.attestation else None
    chain = open_chain(settings.chain)
    require_known_assets(chain, settings.assets)
    store = open_store(settings.state_url, hotkey)
    network = open_network(settings)
    network.register(hotkey, Role.VALIDATOR)
    endpoint = url_of(settings.listen, listener)
    announced = network.serve(hotkey, endpoint).endpoint or endpoint
    pool = ProverPool(settings.verifiers, VERIFICATION_SECONDS)
    app = validator_app(hotkey, store, network, frozenset(settings.readers), settings.reading)
    served = signed_requests(app, keypair, settings.http)
    workings = Workings.build(
        keypair=keypair,
        circuits=open_served_circuits(settings, circuit),
        store=store,
        network=network,
        pool=pool,
        rule=settings.scoring_rule,
    )
    loop = workings.observation_loop(
        chain=chain,
        circuit=circuit,
        assets=settings.assets,
        model=settings.model,
        attester=attester,
        poll_seconds=settings.poll_seconds,
        explore=not settings.benchmarks.enabled,
    )
    api = ExternalApi.beside(settings, keypair, workings, api_listener)
    if settings.metrics is not None:
        serve_metrics(settings.metrics, workings.meters.registry)
    _log_started(settings, hotkey, endpoint, attester, api)

    async def work() -> None:
        for each in workings.circuits.values():
            await workings.verifier.warm(each)
        served_beside = [api.serve()] if api else []
        served_beside.append(keep_announced(network, hotkey, announced))
        await until_one_ends(loop.run(), *workings.background(settings, network), *served_beside)

    try:
        asyncio.run(serve(served, listener, work, bounds=connection_bounds(settings.http)))
    finally:
        workings.verifier.close()
        pool.close()
        store.close()
    _log.info("validator_stopped", hotkey=hotkey)


def _log_started(
    settings: ValidatorSettings, hotkey: str, endpoint: str, attester: Attester | None, api: ExternalApi | None
) -> None:
    _log.info(
        "validator_started",
        hotkey=hotkey,
        endpoint=endpoint,
        assets=[asset.symbol for asset in settings.assets],
        attester=attester.address if attester else None,
        api=api.url if api else None,
    )
