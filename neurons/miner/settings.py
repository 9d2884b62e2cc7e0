"""Settings of the miner."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from daemon.settings import ConfigPath
from neurons.settings import NeuronSettings


class MinerSettings(NeuronSettings):
    """Settings of the miner; environment prefix ``VERISTAKE_MINER_``.

    Attributes:
        circuits: folders of built circuits, proving keys included.
        workers: proofs made at the same time; each takes about 1 GB.
        queue_limit: requests that may wait for a worker before more are refused.
    """

    model_config = SettingsConfigDict(env_prefix="VERISTAKE_MINER_")

    circuits: tuple[ConfigPath, ...] = Field(min_length=1)
    workers: int = Field(default=1, ge=1, le=64)
    queue_limit: int = Field(default=4, ge=0, le=1024)


TEMPLATE = """\
# Settings of a veristake miner. Relative paths start at this file's folder; as they stand, it lies in the root
# of a checkout.
# The environment overrides this file: VERISTAKE_MINER_LISTEN__PORT=8092

circuits = ["build/circuits/staking"]  # folders of built circuits, proving keys included
workers = 1                            # proofs made at the same time; each takes about 1 GB
queue_limit = 4                        # requests that may wait for a worker before more are refused
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
# connections = 512                    # requests served at the same time

[chain]                                # the home chain, whose state is scored
endpoint = "http://127.0.0.1:8545"
chain_id = 31337                       # checked against the endpoint
observer = "0x0000000000000000000000000000000000000000"  # AssetObserver: deployments/<chainId>.json,
                                       # of a local chain build/deployments/<chainId>.json
confirmations = 0                      # blocks on top of the one that is read
"""
