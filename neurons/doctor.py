"""Checks what every neuron needs, one after the other, and goes on after a failure so that all are seen at once."""

from __future__ import annotations

from collections.abc import Callable

from neurons.network import Role, neuron_of
from neurons.opening import open_chain, open_hotkey, open_network
from neurons.serving import bind
from neurons.settings import NeuronSettings
from statements.errors import ConfigurationError, VeristakeError
from statements.finding import Finding


def examine_common(settings: NeuronSettings, role: Role) -> list[Finding]:
    """What miner and validator both need: wallet, network, port and chain."""

    def wallet() -> str:
        return open_hotkey(settings.wallet).ss58_address

    def network() -> str:
        known = neuron_of(open_network(settings).neurons(), wallet())
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

    return [look("wallet", wallet), look("network", network), look("port", port), look("chain", chain)]


def look(name: str, question: Callable[[], str]) -> Finding:
    """The answer to a question, or the error that it raised, as a finding."""
    try:
        return Finding(name, True, question())
    except VeristakeError as error:
        return Finding(name, False, error.message, error.remedy)
