"""A subnet on the double, and the keys of those who take part in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bittensor import calls
from bittensor.keyfiles import Keypair

from neurons.network.bittensor_network import BittensorNetwork
from neurons.network.settings import BittensorNetworkSettings
from tests.integration.subtensor.chain import Chain
from tests.integration.subtensor.node import Node

NETUID = 2
TAO = 10**9
ADDRESS = "http://203.0.113.7:8091"


@dataclass(frozen=True)
class Keys:
    """A wallet in memory."""

    coldkey: Keypair
    hotkey: Keypair

    @property
    def coldkeypub(self) -> Keypair:
        return self.coldkey

    @property
    def address(self) -> str:
        address: str = self.hotkey.ss58_address
        return address


def keys(name: str) -> Keys:
    return Keys(Keypair.create_from_uri(f"//{name}//cold"), Keypair.create_from_uri(f"//{name}//hot"))


MINER, VALIDATOR, STRANGER = keys("Miner"), keys("Validator"), keys("Stranger")


def open_subnet(chain: Chain, **rules: Any) -> None:
    """A subnet without neurons; ``rules`` by the storage items' names."""
    defaults = {
        "NetworksAdded": True,
        "Tempo": 360,
        "ServingRateLimit": 5,
        "WeightsSetRateLimit": 3,
        "CommitRevealWeightsEnabled": False,
        "RevealPeriodEpochs": 1,
        "SubnetworkN": 0,
        "MinAllowedWeights": 1,
        "BlocksSinceLastStep": 17,
        "Burn": TAO // 2,
    }
    for item, value in (defaults | rules).items():
        chain.put(item, [NETUID], value)


def fund(chain: Chain, wallet: Keys, tao: float) -> None:
    account = chain.get("Account", [wallet.coldkey.ss58_address], pallet="System")
    account["data"]["free"] = int(tao * TAO)
    chain.put("Account", [wallet.coldkey.ss58_address], account, pallet="System")


@dataclass
class Stand:
    """The double with a miner and a validator in its subnet.

    Attributes:
        node: the double.
        opened: adapters made, to be closed at the end.
    """

    node: Node
    opened: list[BittensorNetwork]

    @property
    def chain(self) -> Chain:
        return self.node.chain

    def network(self, wallet: Any, clock: Callable[[], float] | None = None, **settings: Any) -> BittensorNetwork:
        """The adapter as a neuron has it, for its own connection and wallet."""
        fields = {"kind": "bittensor", "endpoint": self.node.url, "netuid": NETUID, **settings}
        clocked = {} if clock is None else {"clock": clock}
        network = BittensorNetwork(BittensorNetworkSettings.model_validate(fields), wallet, **clocked)
        self.opened.append(network)
        return network

    def enter(self, wallet: Keys) -> None:
        """Register as an operator of a local chain does, through the SDK."""
        fund(self.chain, wallet, 1.0)
        call = calls.SubtensorModule.burned_register(netuid=NETUID, hotkey=wallet.address)

        async def register(client: Any) -> None:
            (await client.submit_call(call, wallet)).raise_for_failure()

        self.network(wallet).client.ask("registering", register)

    def permit(self, wallet: Keys) -> None:
        """Make a registered neuron a validator."""
        with self.node.lock:
            uid = self.chain.uid(NETUID, wallet.address)
            assert uid is not None
            self.chain.replace_in("ValidatorPermit", NETUID, uid, True)
            self.chain.stakes[wallet.address] = 1000 * TAO

    def put(self, item: str, value: Any) -> None:
        """Set a rule of the subnet."""
        with self.node.lock:
            self.chain.put(item, [NETUID], value)
