"""Settings of the validator."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict
from typing_extensions import override

from daemon.settings import ConfigPath, Section
from daemon.token_bucket import Rate
from neurons.metrics import MetricsSettings
from neurons.settings import NeuronSettings
from neurons.validator.api.settings import ApiSettings
from neurons.validator.awards import WHOLE_BPS
from neurons.validator.formulas import Formula
from neurons.validator.rules import ScoringRule
from neurons.validator.scoring_output import OutputWeights
from neurons.validator.timeouts import TimeoutRule
from neurons.validator.weights import BLOCKS_APART, LAST_BLOCKS, WeightPolicy
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


class ScoringSettings(Section):
    """How answers are scored.

    Attributes:
        formula: `peers` (Omron's published one: response time), `peers_circuit` (the same as its proof-of-weights
            circuit computes it) or `output` (accuracy, proof size, time, delivered work).
        accuracy: what the accuracy counts in the output formula.
        size: what the shortness of the proof counts in it.
        time: what the response time counts in it.
        delivered: what the share of delivered work counts in it.
    """

    formula: Formula = Formula.PEERS
    accuracy: float = Field(default=0.4, ge=0, le=1000)
    size: float = Field(default=0.1, ge=0, le=1000)
    time: float = Field(default=0.3, ge=0, le=1000)
    delivered: float = Field(default=0.2, ge=0, le=1000)

    @model_validator(mode="after")
    def _something_counts(self) -> ScoringSettings:
        if self.accuracy + self.size + self.time + self.delivered <= 0:
            raise ValueError("accuracy, size, time and delivered are all 0: nothing counts")
        return self

    @property
    def weights(self) -> OutputWeights:
        """Of the output formula's parts."""
        return OutputWeights(accuracy=self.accuracy, size=self.size, time=self.time, delivered=self.delivered)


class TimeoutSettings(Section):
    """How timeouts are learned from measured times; `request_timeout_seconds` is the longest.

    Attributes:
        floor_seconds: shortest timeout.
        quantile: part of a miner's own measured times that must not exceed what is typical of it.
        margin: multiple of the median of what is typical of each miner.
    """

    floor_seconds: float = Field(default=5.0, gt=0, le=3600)
    quantile: float = Field(default=0.95, gt=0, le=1)
    margin: float = Field(default=3.0, ge=1, le=100)


class BenchmarkSettings(Section):
    """Benchmarks in the miners' idle capacity.

    Attributes:
        enabled: whether to measure.
        interval_seconds: between two benchmarks of one miner under one circuit.
        survey_seconds: between two questions to all miners what they can do.
    """

    enabled: bool = True
    interval_seconds: float = Field(default=600.0, gt=0, le=86_400)
    survey_seconds: float = Field(default=30.0, gt=0, le=3600)


class StateSettings(Section):
    """What the validator's database keeps.

    Attributes:
        keep_days: how long outcomes, changes of scores, weights and competitions' entries stay; what scores, timeouts
            and weights are made from stays longer.
    """

    keep_days: float = Field(default=30.0, ge=1, le=36_500)


class WeightSettings(Section):
    """Weights on the network.

    Attributes:
        enabled: whether to set them.
        dry_run: only find out what the network would say.
        version_key: version of this validator's rules; a network that asks for a newer one gets no weights.
        blocks_apart: least blocks between two settings; the network's own limit counts when it is larger.
        last_blocks: weights are set in this many last blocks of an epoch.
        poll_seconds: longest time between two looks at the network; less where `last_blocks` blocks are short.
    """

    enabled: bool = True
    dry_run: bool = False
    version_key: int = Field(default=1, ge=0)
    blocks_apart: int = Field(default=BLOCKS_APART, ge=0)
    last_blocks: int = Field(default=LAST_BLOCKS, ge=1)
    poll_seconds: float = Field(default=12.0, gt=0, le=60)

    @property
    def policy(self) -> WeightPolicy:
        """The operator's part of the decision."""
        return WeightPolicy(self.version_key, self.blocks_apart, self.last_blocks)


class CompetitionSettings(Section):
    """A competition between circuits for one model.

    Attributes:
        id: that the miners know.
        circuit: folder of the circuit whose float network says what is right.
        interval_seconds: between two rounds.
        reference_seconds: response time that earns half of the part for time.
        runs: proofs of each entry in a round, over as many inputs.
        least_accuracy: with which an entry may lead.
        weight_bps: part of the weights that goes to who leads, in basis points (1/10,000).
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    circuit: ConfigPath
    interval_seconds: float = Field(default=3600.0, gt=0)
    reference_seconds: float = Field(default=10.0, gt=0)
    runs: int = Field(default=3, ge=1, le=100)
    least_accuracy: float = Field(default=0.999, ge=0, le=1)
    weight_bps: int = Field(default=0, ge=0, le=WHOLE_BPS)


class EntrySettings(Section):
    """Circuits that miners enter into competitions and this validator does not hold.

    Attributes:
        fetch: whether they are fetched and measured.
        cache: folder of fetched circuits, of this validator alone.
        limit_mib: of the cache, MiB; the least recently measured circuit goes first.
        largest_mib: that the files of one entry may have, MiB.
        fetch_seconds: for fetching one entry; the next round goes on where it stopped.
        check_seconds: in which EZKL has to derive its verifying key, and in each round to run it.
        check_memory_mib: that this may take, MiB.
        measure_seconds: that the miner may take for one proof of it.
        change_seconds: between two checks of one miner's circuits.
    """

    fetch: bool = True
    cache: ConfigPath = Path("build/entries")
    limit_mib: int = Field(default=4096, ge=1)
    largest_mib: int = Field(default=64, ge=1, le=4096)
    fetch_seconds: float = Field(default=120.0, gt=0, le=3600)
    check_seconds: float = Field(default=120.0, gt=0, le=3600)
    check_memory_mib: int = Field(default=4096, ge=256)
    measure_seconds: float = Field(default=60.0, gt=0, le=3600)
    change_seconds: float = Field(default=86_400.0, ge=0)


class ReadingSettings(Section):
    """What may be read from the validator's own listener, so that no reader keeps it from its work.

    Attributes:
        requests_per_second: of one hotkey in the long run; more get 429. A relayer reads half as fast at its fastest.
        request_burst: of one hotkey at once.
        pages_at_once: answers that are made at the same time, for all readers together; more wait.
    """

    requests_per_second: float = Field(default=20.0, gt=0, le=10_000)
    request_burst: int = Field(default=100, ge=1, le=100_000)
    pages_at_once: int = Field(default=2, ge=1, le=32)

    @property
    def rate(self) -> Rate:
        """Of one hotkey."""
        return Rate(self.requests_per_second, self.request_burst)


class ValidatorSettings(NeuronSettings):
    """Settings of the validator; environment prefix ``VERISTAKE_VALIDATOR_``.

    Attributes:
        circuit: folder of the circuit that is asked for; its proving key is not needed.
        model: name of the model, which the circuit must be of.
        more_circuits: folders of further circuits that queries and benchmarks may ask for.
        verifiers: processes that verify proofs.
        assets: what to score.
        readers: hotkeys that may read the feed beside the registered ones.
        reading: how fast they may.
        attestation: None when no other chain is served.
        api: the external API; None where there is none.
        state_url: SQLAlchemy URL of the validator's database.
        state: how long the database keeps what has happened.
        poll_seconds: between two looks at the chain.
        request_timeout_seconds: longest that a miner may take, and how long while too little has been measured.
        scoring: how answers are scored.
        timeouts: how timeouts are learned.
        benchmarks: measuring idle miners.
        weights: what is said on the network.
        competitions: between circuits for one model.
        entries: circuits of competitions that this validator does not hold.
        metrics: where Prometheus reads; None for nowhere.
    """

    model_config = SettingsConfigDict(env_prefix="VERISTAKE_VALIDATOR_")

    circuit: ConfigPath
    model: str = "veristake/staking-lstm/1"
    more_circuits: tuple[ConfigPath, ...] = ()
    verifiers: int = Field(default=1, ge=1, le=64)
    assets: tuple[AssetSettings, ...] = Field(min_length=1)
    readers: tuple[str, ...] = ()
    reading: ReadingSettings = ReadingSettings()
    attestation: AttestationSettings | None = None
    api: ApiSettings | None = None
    state_url: str = Field(default="sqlite:///build/validator.sqlite", repr=False)
    state: StateSettings = StateSettings()
    poll_seconds: float = Field(default=2.0, gt=0, le=3600)
    request_timeout_seconds: float = Field(default=60.0, gt=0, le=3600)
    scoring: ScoringSettings = ScoringSettings()
    timeouts: TimeoutSettings = TimeoutSettings()
    benchmarks: BenchmarkSettings = BenchmarkSettings()
    weights: WeightSettings = WeightSettings()
    competitions: tuple[CompetitionSettings, ...] = ()
    entries: EntrySettings = EntrySettings()
    metrics: MetricsSettings | None = None

    @property
    @override
    def listeners(self) -> int:
        return 1 if self.api is None else 2

    @property
    def scoring_rule(self) -> ScoringRule:
        """How to score, and how long miners may take."""
        longest, learned = self.request_timeout_seconds, self.timeouts
        timeouts = TimeoutRule(
            floor=min(learned.floor_seconds, longest),
            ceiling=longest,
            quantile=learned.quantile,
            margin=learned.margin,
        )
        return ScoringRule(timeouts=timeouts, formula=self.scoring.formula, weights=self.scoring.weights)

    @model_validator(mode="after")
    def _assets_differ(self) -> ValidatorSettings:
        tokens = [asset.token for asset in self.assets]
        if len(set(tokens)) != len(tokens):
            raise ValueError("the same token is listed twice")
        return self

    @model_validator(mode="after")
    def _competitions_fit(self) -> ValidatorSettings:
        names = [each.id for each in self.competitions]
        if len(set(names)) != len(names):
            raise ValueError("the same competition is listed twice")
        whole = sum(each.weight_bps for each in self.competitions)
        if whole > WHOLE_BPS:
            raise ValueError(f"competitions: weight_bps add up to {whole}, more than {WHOLE_BPS}")
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
request_timeout_seconds = 60.0                  # longest that a miner may take; learned times shorten it
verifiers = 1                                   # processes that verify proofs
more_circuits = []                              # folders of further circuits for queries and benchmarks
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
# connections = 512                    # open at the same time, three quarters of them with requests
# connections_per_address = 128        # of those, from one address; raise it behind a reverse proxy

[chain]                                         # the home chain, whose state is scored
endpoint = "http://127.0.0.1:8545"
chain_id = 31337                                # checked against the endpoint
observer = "0x0000000000000000000000000000000000000000"  # AssetObserver, see below
confirmations = 0                               # blocks on top of the one that is read; more where blocks may vanish

# Contracts and tokens: deployments/<chainId>.json, of a local chain build/deployments/<chainId>.json
[[assets]]                                      # repeat for each asset; the observer must know it
symbol = "ezETH"
token = "0x0000000000000000000000000000000000000000"

[scoring]
formula = "peers"                               # or "peers_circuit", or "output": docs/validator.md has the formulas

[state]                                         # what the database keeps
keep_days = 30.0                                # outcomes and changes of scores; what a score is made from stays

[benchmarks]                                    # of miners that are idle, with inputs drawn by the validator
enabled = true
interval_seconds = 600.0                        # between two of one miner under one circuit

[weights]                                       # what is said on the network about each miner
enabled = true
dry_run = false                                 # true: only find out what the network would say
version_key = 1                                 # version of this validator's rules

# [[competitions]]                              # repeat for each; miners enter circuits of their own
# id = "staking"
# circuit = "build/circuits/staking"            # whose float network says what is right
# weight_bps = 0                                # part of the weights that goes to who leads; 100 is 1 %
# [entries]
# largest_mib = 64                              # that the files of one entry may have
# change_seconds = 86400.0                      # between two checks of one miner's circuits

# [metrics]                                     # where Prometheus reads /metrics; leave out for nowhere
# host = "127.0.0.1"                            # whoever reaches it may read
# port = 9190

# [api]                                         # what applications call (docs/api.md); leave out for none
# host = "127.0.0.1"                            # put TLS in front before it is opened to others
# port = 8094
# synchronous_seconds = 120.0                   # how long a query waits for its answer before it says 202
# open_queries = 64                             # under way at once, for one caller as many as are left; else refused
# keep_days = 7.0                               # how long an ended query can still be read

# [attestation]                                 # leave out when no other chain is served
# keystore = "keys/attester.json"               # V3 keystore of the EVM key that attests
# password_file = "keys/attester.password"      # one line
# lifetime_seconds = 86400                      # from the home block that was read to expiry
# [[attestation.destinations]]                  # repeat for each chain
# chain_id = 31338
# contract = "0x0000000000000000000000000000000000000000"  # AttestedInputs there
"""
