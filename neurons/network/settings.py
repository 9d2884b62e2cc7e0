"""Which subnet a neuron takes part in."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from daemon.settings import ConfigPath, Section
from neurons.network.local import LocalRules


class LocalNetworkSettings(Section):
    """A network in a file.

    Attributes:
        kind: ``local``.
        path: the file.
        rules: what is asked of weights; the same for every process of the network.
    """

    kind: Literal["local"] = "local"
    path: ConfigPath
    rules: LocalRules = LocalRules()


class BittensorNetworkSettings(Section):
    """A subnet on a Bittensor chain.

    Attributes:
        kind: ``bittensor``.
        endpoint: ``finney``, ``test``, ``local`` (a node on this machine), or the websocket URL of a node. One node is
            used: the SDK's public fallbacks are switched off, so that what is seen is what that node says.
        netuid: number of the subnet.
        refresh_seconds: how old the list of neurons may be before it is read again; at most 300 s, a third of the age
            at which a list is not used any more.
    """

    kind: Literal["bittensor"]
    endpoint: str = Field(pattern=r"^(finney|test|local|wss?://\S+)$")
    netuid: int = Field(ge=0, le=65_535)
    refresh_seconds: float = Field(default=12.0, gt=0, le=300)

    @property
    def is_local(self) -> bool:
        """Whether the chain is one of this machine: its TAO is worth nothing, and its own addresses will do."""
        return self.endpoint == "local" or urlsplit(self.endpoint).hostname in ("127.0.0.1", "localhost", "::1")


def _table(value: Any) -> Any:
    """A table from what may be the path of a local network, as settings files had it first."""
    if isinstance(value, str):
        return {"kind": "local", "path": value}
    if isinstance(value, dict) and "kind" not in value:
        return {"kind": "local", **value}
    return value


NetworkSettings = Annotated[
    Annotated[LocalNetworkSettings | BittensorNetworkSettings, Field(discriminator="kind")], BeforeValidator(_table)
]
"""One of the two kinds, told apart by ``kind``; a string is the file of a local network."""
