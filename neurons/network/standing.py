"""Where a neuron stands in its subnet: what doctor judges and status shows."""

from __future__ import annotations

import time
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from neurons.network.bittensor_network import BittensorNetwork
from neurons.network.progress import LAGGING_SECONDS
from neurons.network.protocol import Network, Neuron, Role, WeightRules, neuron_of
from statements.errors import ConfigurationError


class Standing(BaseModel):
    """A neuron's place in its subnet.

    Attributes:
        hotkey: ss58 address.
        netuid: number of the subnet; None for a local network.
        neuron: its entry; None when it is not registered.
        miners: how many neurons hold no validator permit.
        validators: how many hold one.
        weights: rules for the weights that it may set next; None when it is not registered.
        block_age_seconds: age of the newest block by this machine's clock; None for a local network.
    """

    model_config = ConfigDict(frozen=True)

    hotkey: str
    netuid: int | None = None
    neuron: Neuron | None = None
    miners: int
    validators: int
    weights: WeightRules | None = None
    block_age_seconds: float | None = None


def standing_of(network: Network, hotkey: str, *, clock: Callable[[], float] = time.time) -> Standing:
    """Read a neuron's place.

    Args:
        network: the subnet.
        hotkey: ss58 address.
        clock: Unix time in seconds.

    Raises:
        VeristakeError: the network cannot be read.
    """
    neurons = network.neurons()
    known = neuron_of(neurons, hotkey)
    on_chain = network if isinstance(network, BittensorNetwork) else None
    return Standing(
        hotkey=hotkey,
        netuid=on_chain.settings.netuid if on_chain else None,
        neuron=known,
        miners=sum(not neuron.validator_permit for neuron in neurons),
        validators=sum(neuron.validator_permit for neuron in neurons),
        weights=network.weight_rules(hotkey) if known else None,
        block_age_seconds=clock() - on_chain.head_time() if on_chain else None,
    )


def judge_registration(standing: Standing, role: Role) -> str:
    """Say how the neuron is registered.

    Raises:
        ConfigurationError: it cannot do its work so.
    """
    neuron = standing.neuron
    if neuron is None:
        if standing.netuid is None:
            return "not registered yet; `run` registers"
        raise ConfigurationError(
            f"hotkey {standing.hotkey} is not registered in subnet {standing.netuid}",
            remedy=f"See what it costs: veristake {role} register --config FILE",
        )
    if neuron.role is role or (neuron.role is None and (role is Role.MINER or neuron.validator_permit)):
        return f"uid {neuron.uid}, stake {neuron.stake:g}" + (", validator permit" if neuron.validator_permit else "")
    if standing.netuid is None:
        raise ConfigurationError(
            f"registered as {neuron.role}, not as {role}", remedy="Give each role a wallet of its own."
        )
    raise ConfigurationError(
        f"uid {neuron.uid} has no validator permit (stake {neuron.stake:g}): miners may refuse it, no weights count",
        remedy="Add stake to the hotkey and wait for the next epoch: permits go to those with the most.",
    )


def judge_endpoint(standing: Standing, wanted: str) -> str:
    """Say whether others look for the neuron where it listens.

    Args:
        standing: the neuron's place.
        wanted: URL that `run` announces.
    """
    announced = standing.neuron.endpoint if standing.neuron else None
    if announced == wanted:
        return f"announced: {announced}"
    return f"announced: {announced or 'nothing yet'}; `run` announces {wanted}"


def judge_block(standing: Standing) -> str:
    """Say whether the node is up to date.

    Raises:
        ConfigurationError: node or clock are off.
    """
    age = standing.block_age_seconds
    if age is None:
        return "a local network goes by this machine's clock"
    if abs(age) > LAGGING_SECONDS:
        raise ConfigurationError(
            f"the node's newest block is {age:.0f} s old by this machine's clock",
            remedy="Let the node catch up, or set the clock (NTP): signed requests are good for 10 s.",
        )
    return f"newest block is {age:.0f} s old"
