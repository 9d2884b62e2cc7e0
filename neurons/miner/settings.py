"""Settings of the miner."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from daemon.settings import ConfigPath, Section
from neurons.messages import CompetitionId
from neurons.metrics import MetricsSettings
from neurons.settings import NeuronSettings
from statements.quantities import Hash32


class AdmissionSettings(Section):
    """Which registered validators may ask.

    Attributes:
        minimum_stake: in the network's unit. On a chain, which knows no roles, a caller without validator permit is
            let in when this is above 0 and it has as much.
        require_permit: nobody without validator permit.
        refresh_seconds: for which what was read of the network is taken as it is.
    """

    minimum_stake: float = Field(default=0.0, ge=0)
    require_permit: bool = False
    refresh_seconds: float = Field(default=1.0, ge=0, le=600)


class CompetitionSettings(Section):
    """A competition in which this miner takes part.

    Attributes:
        id: name of the competition.
        circuit: id of the circuit that it enters, one of those it holds.
    """

    id: CompetitionId
    circuit: Hash32


class ArtefactSettings(Section):
    """Circuits by content hash.

    Attributes:
        cache: folder of fetched circuits.
        limit_mib: of the cache, MiB; the least recently used circuit goes first, one that is held never.
        serve: whether anybody may fetch this miner's circuits from it, proving keys excepted; a competition needs that.
        proving_keys: whether those, too; other miners need them, validators do not.
        downloads: files sent at the same time.
        downloads_per_address: of those, to one IPv4 address or IPv6 /64.
        upload_mib_per_second: sent to all together, MiB a second.
    """

    cache: ConfigPath = Path("build/circuit-cache")
    limit_mib: int = Field(default=20_480, ge=1)
    serve: bool = True
    proving_keys: bool = False
    downloads: int = Field(default=8, ge=1, le=1024)
    downloads_per_address: int = Field(default=2, ge=1, le=1024)
    upload_mib_per_second: float = Field(default=16.0, ge=1, le=100_000)


class BackendKind(StrEnum):
    """Where proofs are made."""

    LOCAL = "local"
    RAY = "ray"
    ENVIRONMENT = "environment"


class ProvingSettings(Section):
    """Where proofs are made.

    Attributes:
        backend: `local` processes, a `ray` cluster, or processes of another Python `environment`.
        python: interpreter of that environment, for example one with a GPU build of EZKL.
        ray_address: of the cluster; absent: one is started on this machine.
        timeout_seconds: longest that one proof may take; then its worker is ended.
    """

    backend: BackendKind = BackendKind.LOCAL
    python: ConfigPath | None = None
    ray_address: str | None = None
    timeout_seconds: float = Field(default=600.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _environment_has_a_python(self) -> ProvingSettings:
        if (self.backend is BackendKind.ENVIRONMENT) != (self.python is not None):
            raise ValueError('python belongs to backend = "environment", and to no other')
        return self


class MinerSettings(NeuronSettings):
    """Settings of the miner; environment prefix ``VERISTAKE_MINER_``.

    Attributes:
        circuits: folders of built circuits, proving keys included; more come by `veristake miner circuits add`.
        workers: proofs made at the same time; each takes about 1 GB.
        queue_limit: requests that may wait for a worker before more are refused.
        caller_limit: requests that one validator may have admitted at the same time; absent: one less than there are
            places (`workers` and `queue_limit`).
        worker_memory_mib: memory that one proof may take, MiB; a circuit that needs more is refused, a worker that
            keeps more is replaced. Absent: any amount.
        proving: where proofs are made.
        admission: who may ask.
        competitions: in which the miner takes part.
        artefacts: circuits by content hash.
        metrics: where Prometheus reads; absent: nowhere.
    """

    model_config = SettingsConfigDict(env_prefix="VERISTAKE_MINER_")

    circuits: tuple[ConfigPath, ...] = ()
    workers: int = Field(default=1, ge=1, le=64)
    queue_limit: int = Field(default=4, ge=0, le=1024)
    caller_limit: int | None = Field(default=None, ge=1)
    worker_memory_mib: int | None = Field(default=None, ge=64)
    proving: ProvingSettings = ProvingSettings()
    admission: AdmissionSettings = AdmissionSettings()
    competitions: tuple[CompetitionSettings, ...] = ()
    artefacts: ArtefactSettings = ArtefactSettings()
    metrics: MetricsSettings | None = None

    @model_validator(mode="after")
    def _entries_can_be_fetched(self) -> MinerSettings:
        if self.competitions and not self.artefacts.serve:
            raise ValueError(
                "competitions are entered with circuits that validators fetch: artefacts.serve must be true"
            )
        return self

    @property
    def worker_memory_bytes(self) -> int | None:
        """``worker_memory_mib`` in bytes."""
        return None if self.worker_memory_mib is None else self.worker_memory_mib * 1024 * 1024


TEMPLATE = """\
# Settings of a veristake miner. Relative paths start at this file's folder; as they stand, it lies in the root
# of a checkout.
# The environment overrides this file: VERISTAKE_MINER_LISTEN__PORT=8092

circuits = ["build/circuits/staking"]  # folders of built circuits, proving keys included
workers = 1                            # proofs made at the same time; each takes about 1 GB
queue_limit = 4                        # requests that may wait for a worker before more are refused
# caller_limit = 2                     # requests that one validator may have admitted; by default one place is left
# worker_memory_mib = 2048             # memory that one proof may take; a circuit that needs more is refused
network = "build/network.json"         # file of the local network

[wallet]                               # signs this miner's answers
path = "~/.bittensor/wallets"
name = "miner"
hotkey = "default"

[listen]
host = "127.0.0.1"
port = 8091                            # 0 takes a free one
# external_url = "https://miner.example:8091"  # when others reach it under another address

[http]
replay_memory = "build/replay.sqlite"  # refuses replayed requests across restarts
# request_bytes = 1048576              # larger requests are refused
# request_timeout_seconds = 10.0       # in which a request's body must arrive
# answer_bytes = 8388608               # largest signed answer
# send_timeout_seconds = 30.0          # in which the caller must take the answer
# connections = 512                    # open at the same time, three quarters of them with requests
# connections_per_address = 128        # of those, from one address; raise it behind a reverse proxy

# [proving]                            # where proofs are made; leave out for processes of this machine
# backend = "ray"                      # or "environment", with
# python = "/opt/ezkl-gpu/bin/python"  # the interpreter of one with another build of EZKL
# ray_address = "ray-head:6379"        # of the cluster; left out: one is started on this machine
# timeout_seconds = 600.0              # longest that one proof may take

[admission]                            # which registered validators may ask
minimum_stake = 0.0                    # in the network's unit
require_permit = false                 # only validators whose weights count
# refresh_seconds = 1.0                # for which what was read of the network is taken as it is

[artefacts]                            # circuits by content hash: veristake miner circuits add HASH --from URL
cache = "build/circuit-cache"          # fetched circuits
# limit_mib = 20480                    # of the cache; the least recently used goes first, one that is held never
# serve = true                         # let anybody fetch circuits from here, but not their proving keys
# proving_keys = false                 # those, too: other miners need them, and they are nearly all of the bytes
# downloads = 8                        # files sent at the same time
# downloads_per_address = 2            # of those, to one address; raise it behind a reverse proxy
# upload_mib_per_second = 16.0         # sent to all together

# [metrics]                            # where Prometheus reads /metrics; leave out for nowhere
# host = "127.0.0.1"                   # whoever reaches it may read
# port = 9191

# [[competitions]]                     # a competition in which this miner takes part
# id = "name-of-the-competition"
# circuit = "0x…"                      # id of a circuit that it holds

[chain]                                # the home chain, whose state is scored
endpoint = "http://127.0.0.1:8545"
chain_id = 31337                       # checked against the endpoint
observer = "0x0000000000000000000000000000000000000000"  # AssetObserver: deployments/<chainId>.json,
                                       # of a local chain build/deployments/<chainId>.json
confirmations = 0                      # blocks on top of the one that is read
"""
