"""Checks what every neuron needs, one after the other, and goes on after a failure so that all are seen at once."""

from __future__ import annotations

from collections.abc import Callable

from neurons.descriptors import examine_descriptors
from neurons.network import Network, Role
from neurons.network.axon import axon_of
from neurons.network.bittensor_network import BittensorNetwork
from neurons.network.standing import Standing, judge_block, judge_endpoint, judge_registration, standing_of
from neurons.opening import open_chain, open_hotkey, open_network
from neurons.serving import announced_url, bind
from neurons.settings import NeuronSettings
from statements.errors import VeristakeError
from statements.finding import Finding


def examine_common(settings: NeuronSettings, role: Role) -> list[Finding]:
    """What miner and validator both need: wallet, network, port and chain."""

    def wallet() -> str:
        return open_hotkey(settings.wallet).ss58_address

    def port() -> str:
        bind(settings.listen).close()
        return f"{settings.listen.host}:{settings.listen.port} is free"

    def chain() -> str:
        open_chain(settings.chain)
        return f"chain {settings.chain.chain_id}, observer {settings.chain.observer}"

    def descriptors() -> str:
        return examine_descriptors(settings.http, settings.listeners)

    return [
        look("wallet", wallet),
        *examine_network(settings, role),
        look("port", port),
        look("open files", descriptors),
        look("chain", chain),
    ]


def examine_network(settings: NeuronSettings, role: Role) -> list[Finding]:
    """The neuron's place in its subnet, read once: registration, endpoint, and whether the node is up to date."""
    try:
        network = open_network(settings)
        standing = standing_of(network, open_hotkey(settings.wallet).ss58_address)
    except VeristakeError as error:
        return [Finding("network", False, error.message, error.remedy)]
    findings = [
        look("network", lambda: judge_registration(standing, role)),
        look("endpoint", lambda: _endpoint(settings, network, standing)),
    ]
    return findings if standing.netuid is None else [*findings, look("block", lambda: judge_block(standing))]


def _endpoint(settings: NeuronSettings, network: Network, standing: Standing) -> str:
    wanted = announced_url(settings.listen, settings.listen.port)
    if not isinstance(network, BittensorNetwork):
        return judge_endpoint(standing, wanted)
    wanted = axon_of(wanted, local=network.settings.is_local).url
    said = judge_endpoint(standing, wanted)
    if standing.neuron is None or standing.neuron.endpoint == wanted:
        return said
    return f"{said} ({', '.join(network.plan_serve(wanted))})"


def look(name: str, question: Callable[[], str]) -> Finding:
    """The answer to a question, or the error that it raised, as a finding."""
    try:
        return Finding(name, True, question())
    except VeristakeError as error:
        return Finding(name, False, error.message, error.remedy)
