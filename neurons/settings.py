"""Settings that both neurons have."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import Field

import daemon.settings
from daemon.settings import ConfigPath, ProgramSettings, Section, WalletSettings
from neurons.network.settings import NetworkSettings
from statements.quantities import Address

S = TypeVar("S", bound="NeuronSettings")


class ListenSettings(Section):
    """Where the neuron answers.

    Attributes:
        host: address to bind.
        port: port to bind; 0 takes a free one.
        external_url: URL that others shall use; by default made of host and port.
    """

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    external_url: str | None = None


class ChainSettings(Section):
    """The home chain.

    Attributes:
        endpoint: JSON-RPC URL.
        chain_id: EIP-155 id that the endpoint must have.
        observer: AssetObserver.
        confirmations: blocks that must lie on top of the block that is read; 0 reads the newest.
    """

    endpoint: str
    chain_id: int = Field(gt=0)
    observer: Address
    confirmations: int = Field(default=0, ge=0)


class HttpSettings(Section):
    """Bounds of each exchange, and the memory that refuses replayed requests.

    Attributes:
        replay_memory: SQLite file of accepted nonces; processes of one neuron share it, restarts keep it.
        request_bytes: largest request body.
        request_timeout_seconds: in which a request's body must have arrived.
        answer_bytes: largest signed answer.
        send_timeout_seconds: in which the caller must have taken the answer.
        connections: open at the same time; one that has brought no request gives way to a new one. Three quarters of
            them may carry requests that are served; more are refused with 503, signed. Each takes a file descriptor: at
            its start a neuron raises its limit as far as the system allows, and refuses to start with too few.
        connections_per_address: of those, from one IPv4 address or IPv6 /64; more are closed at once. Behind a proxy
            all callers come from its address: then set it as high as ``connections``, and let the proxy bound them.
    """

    replay_memory: ConfigPath = Path("build/replay.sqlite")
    request_bytes: int = Field(default=1024 * 1024, ge=4096, le=64 * 1024 * 1024)
    request_timeout_seconds: float = Field(default=10.0, gt=0, le=600)
    answer_bytes: int = Field(default=8 * 1024 * 1024, ge=65_536, le=64 * 1024 * 1024)
    send_timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    connections: int = Field(default=512, ge=8, le=65_536)
    connections_per_address: int = Field(default=128, ge=1, le=65_536)

    @property
    def requests(self) -> int:
        """Requests served at the same time: the rest of the connections is there to refuse more in words."""
        return self.connections * 3 // 4


class NeuronSettings(ProgramSettings):
    """What miner and validator have in common.

    Attributes:
        wallet: which wallet signs.
        network: the subnet: a table, or the file of a local network.
        listen: where to answer.
        chain: the home chain.
        http: bounds of each exchange.
    """

    wallet: WalletSettings
    network: NetworkSettings
    listen: ListenSettings
    chain: ChainSettings
    http: HttpSettings = HttpSettings()

    @property
    def listeners(self) -> int:
        """How many listeners accept connections, each as many as ``http`` allows."""
        return 1


def load_settings(model: type[S], path: Path) -> S:
    """Read a neuron's settings file and the environment.

    Args:
        model: settings of the miner or the validator.
        path: TOML file.

    Raises:
        ConfigurationError: the file cannot be read, or a field is missing, unknown or malformed.
    """
    return daemon.settings.load_settings(
        model,
        path,
        how_to_begin="veristake miner init (or: veristake validator init) --config FILE",
        reference="docs/miner.md (or docs/validator.md)",
    )
