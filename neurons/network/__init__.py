"""Who takes part in the subnet, and what each is worth: a protocol, a network in a file, and the Bittensor chain."""

from __future__ import annotations

from neurons.network.local import LocalNetwork, LocalRules
from neurons.network.protocol import (
    Network,
    Neuron,
    Role,
    WeightBasis,
    WeightRules,
    WeightsReceipt,
    WeightsRefusal,
    neuron_of,
)

__all__ = [
    "LocalNetwork",
    "LocalRules",
    "Network",
    "Neuron",
    "Role",
    "WeightBasis",
    "WeightRules",
    "WeightsReceipt",
    "WeightsRefusal",
    "neuron_of",
]
