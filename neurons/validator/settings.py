"""Settings of the validator."""

from __future__ import annotations

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from daemon.settings import ConfigPath, Section
from neurons.settings import NeuronSettings
from neurons.validator.api.settings import ApiSettings
from statements.quantities import Address


class AssetSettings(Section):
    """An asset to score.

    Attributes:
        symbol: for people.
        token: address on the home chain.
    """

    symbol: str
    token: Address


class DestinationSettings(Section):
    """A chain that takes this validator's attestations.

    Attributes:
        chain_id: EIP-155 id.
        contract: AttestedInputs there.
    """

    chain_id: int = Field(gt=0)
    contract: Address


class AttestationSettings(Section):
    """How inputs are attested for other chains.

    Attributes:
        keystore: V3 keystore of the EVM key that attests.
        password_file: file with its password, one line.
        lifetime_seconds: from the home block that was read to the attestation's expiry.
        destinations: which chains take the attestations.
    """

    keystore: ConfigPath
    password_file: ConfigPath
    lifetime_seconds: int = Field(default=86_400, gt=0)
    destinations: tuple[DestinationSettings, ...] = Field(min_length=1)


class ValidatorSettings(NeuronSettings):
    """Settings of the validator; environment prefix ``VERISTAKE_VALIDATOR_``.

    Attributes:
        circuit: folder of the circuit that is asked for; its proving key is not needed.
        model: name of the model, which the circuit must be of.
        assets: what to score.
        readers: hotkeys that may read the feed beside the registered ones.
        attestation: None when no other chain is served.
        api: the external API; None where there is none.
        state_url: SQLAlchemy URL of the validator's database.
        poll_seconds: between two looks at the chain.
        request_timeout_seconds: how long a miner may take.
    """

    model_config = SettingsConfigDict(env_prefix="VERISTAKE_VALIDATOR_")

    circuit: ConfigPath
    model: str = "veristake/staking-lstm/1"
    assets: tuple[AssetSettings, ...] = Field(min_length=1)
    readers: tuple[str, ...] = ()
    attestation: AttestationSettings | None = None
    api: ApiSettings | None = None
    state_url: str = Field(default="sqlite:///build/validator.sqlite", repr=False)
    poll_seconds: float = Field(default=2.0, gt=0, le=3600)
    request_timeout_seconds: float = Field(default=60.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _assets_differ(self) -> ValidatorSettings:
        tokens = [asset.token for asset in self.assets]
        if len(set(tokens)) != len(tokens):
            raise ValueError("the same token is listed twice")
        return self


TEMPLATE = """\
# Settings of a veristake validator. Relative paths start at this file's folder; as they stand, it lies in the
# root of a checkout.
# The environment overrides this file: VERISTAKE_VALIDATOR_LISTEN__PORT=8093

circuit = "build/circuits/staking"              # folder of the circuit that miners are asked for
model = "veristake/staking-lstm/1"              # checked against the circuit
network = "build/network.json"                  # file of the local network
state_url = "sqlite:///build/validator.sqlite"  # published proofs and scores; postgresql+psycopg://... works too
poll_seconds = 2.0                              # between two looks at the chain
request_timeout_seconds = 60.0                  # how long a miner may take
readers = []                                    # hotkeys that may read the feed beside the registered ones

[wallet]                                        # signs requests and answers
path = "~/.bittensor/wallets"
name = "validator"
hotkey = "default"

[listen]
host = "127.0.0.1"
port = 8090                                     # 0 takes a free one
# external_url = "https://validator.example:8090"

[http]
replay_memory = "build/replay.sqlite"  # refuses replayed requests across restarts
# request_bytes = 1048576              # larger requests are refused
# request_timeout_seconds = 10.0       # in which a request's body must arrive
# answer_bytes = 8388608               # largest signed answer
# send_timeout_seconds = 30.0          # in which the caller must take the answer
# connections = 512                    # requests served at the same time

[chain]                                         # the home chain, whose state is scored
endpoint = "http://127.0.0.1:8545"
chain_id = 31337                                # checked against the endpoint
observer = "0x0000000000000000000000000000000000000000"  # AssetObserver, see below
confirmations = 0                               # blocks on top of the one that is read; more where blocks may vanish

# Contracts and tokens: deployments/<chainId>.json, of a local chain build/deployments/<chainId>.json
[[assets]]                                      # repeat for each asset; the observer must know it
symbol = "ezETH"
token = "0x0000000000000000000000000000000000000000"

# [api]                                         # what applications call (docs/api.md); leave out for none
# host = "127.0.0.1"                            # put TLS in front before it is opened to others
# port = 8094
# synchronous_seconds = 120.0                   # how long a query waits for its answer before it says 202
# open_queries = 64                             # under way at once; beyond, new ones are refused
# keep_days = 7.0                               # how long an ended query can still be read

# [attestation]                                 # leave out when no other chain is served
# keystore = "keys/attester.json"               # V3 keystore of the EVM key that attests
# password_file = "keys/attester.password"      # one line
# lifetime_seconds = 86400                      # from the home block that was read to expiry
# [[attestation.destinations]]                  # repeat for each chain
# chain_id = 31338
# contract = "0x0000000000000000000000000000000000000000"  # AttestedInputs there
"""
