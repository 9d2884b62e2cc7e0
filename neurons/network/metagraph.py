"""The metagraph of a subnet on a chain: its neurons as of one block."""

from __future__ import annotations

from dataclasses import dataclass

from bittensor.client import Client
from bittensor.metagraph import Metagraph
from bittensor.snapshot import Snapshot

from neurons.network.axon import axon_of
from neurons.network.errors import NotFoundError
from neurons.network.protocol import Neuron
from statements.errors import ConfigurationError


@dataclass(frozen=True)
class Graph:
    """A subnet as the node told it.

    Attributes:
        neurons: by uid.
        block: as of which.
    """

    neurons: tuple[Neuron, ...]
    block: int


async def read_graph(view: Client | Snapshot, netuid: int, *, local: bool) -> Graph:
    """Ask the node; never answered from memory.

    Args:
        view: the newest block, or a certain one.
        netuid: number of the subnet.
        local: whether addresses of this machine will do as endpoints.

    Raises:
        NotFoundError: the chain has no such subnet.
    """
    graph = await view.subnets.metagraph(netuid=netuid, commitments=False)
    if graph is None:
        raise NotFoundError(
            f"subnet {netuid} is not on this chain",
            remedy="Correct network.netuid or network.endpoint: each chain has its own subnets.",
        )
    return Graph(_neurons(graph, local=local), graph.block)


def _neurons(graph: Metagraph, *, local: bool) -> tuple[Neuron, ...]:
    return tuple(
        Neuron(
            uid=neuron.uid,
            hotkey=neuron.hotkey,
            role=None,
            endpoint=_reachable(neuron.axon, local=local),
            stake=neuron.total_stake.rao / 1e9,
            validator_permit=neuron.validator_permit,
        )
        for neuron in graph
    )


def _reachable(axon: str | None, *, local: bool) -> str | None:
    """The URL of what a neuron announced; None when it has announced nothing, or nothing that the internet has.

    Anybody may announce any address: one in the asker's own network would turn its requests against that network.
    """
    if axon is None:
        return None
    try:
        return axon_of(f"http://{axon}", local=local).url
    except ConfigurationError:
        return None
