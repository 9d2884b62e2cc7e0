"""The relayer's settings: a TOML file, overridden by environment variables ``VERISTAKE_RELAYER_...``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, TypeAdapter, ValidationInfo, WebsocketUrl, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

import daemon.settings
from daemon.settings import ConfigPath, ProgramSettings, Section, WalletSettings
from relayer.batching import BatchRules
from relayer.fees import DataFee, FeeLimits
from relayer.finality import FinalityMode
from relayer.planning import Destination
from relayer.policy_settings import ChainPolicy
from relayer.pushing import PushRules
from relayer.turns import Turn
from statements.quantities import Address

_HTTP_URL = TypeAdapter(HttpUrl)
_WEBSOCKET_URL = TypeAdapter(WebsocketUrl)
Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""Requests a second."""


class SourceSettings(Section):
    """A validator to pull from.

    Attributes:
        url: base URL of its HTTP service.
        hotkey: ss58 address that must sign its answers.
    """

    url: str
    hotkey: str = Field(min_length=40)

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        _HTTP_URL.validate_python(value)
        return value.rstrip("/")


class FinalitySettings(Section):
    """When a block counts as final.

    Attributes:
        mode: the chain's ``finalized`` tag, or a depth.
        depth: blocks on top; with mode ``depth``.
    """

    mode: FinalityMode = FinalityMode.TAG
    depth: int = Field(default=64, ge=1)


class TurnSettings(Section):
    """Turns of several relayers with keys and states of their own.

    Attributes:
        index: place of this relayer, from 0; each has another one.
        relayers: how many there are; the same for all.
        seconds: head start of each before the next; the same for all.
    """

    index: int = Field(ge=0)
    relayers: int = Field(ge=2)
    seconds: float = Field(default=30.0, gt=0)

    @field_validator("relayers")
    @classmethod
    def _check_index(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("index", 0) >= value:
            raise ValueError("index has to be less than relayers")
        return value

    @property
    def turn(self) -> Turn:
        """What the submitter needs of it."""
        return Turn(self.index, self.relayers, self.seconds)


class KmsSettings(Section):
    """A key of AWS KMS; credentials come from where boto3 looks for them.

    Attributes:
        key_id: id, ARN or alias of an ECC_SECG_P256K1 key for SIGN_VERIFY.
        region: AWS region; absent: as boto3 finds it.
        endpoint: URL of another service with the same API; absent: AWS.
    """

    key_id: str = Field(min_length=1)
    region: str | None = None
    endpoint: str | None = None


class KeeperSettings(Section):
    """Which observations the relayer makes on a home chain when nobody else does.

    Attributes:
        observer: address of AssetObserver.
        assets: tokens to observe.
        epoch_seconds: its EPOCH_LENGTH, seconds.
        window_seconds: time from the beginning of an epoch in which it takes observations.
        delay_seconds: time from the beginning of an epoch that is left to others.
    """

    observer: Address
    assets: tuple[Address, ...] = Field(min_length=1)
    epoch_seconds: int = Field(default=3600, gt=0)
    window_seconds: int = Field(default=600, gt=0)
    delay_seconds: int = Field(default=0, ge=0)


class ChainSettings(Section):
    """A chain to relay to.

    Attributes:
        name: short name for logs and tables.
        chain_id: EIP-155 id; every endpoint is asked for it.
        endpoints: JSON-RPC URLs; reads fail over, sends go to all.
        heads_endpoint: websocket URL (``ws://`` or ``wss://``) whose new heads say when to look at the chain; absent,
            or while it does not answer: the chain is polled.
        heads_silence_seconds: without a head before the chain is asked whether it stands.
        requests_per_second: sent to each endpoint at most, in the order of ``endpoints``, or one figure for all; 0: no
            limit.
        risk_feed: address of RiskFeed.
        attested_inputs: address of AttestedInputs; absent on the home chain.
        keystore: V3 keystore of the account that pays; absent with ``kms``.
        password_file: file with its password.
        kms: key of AWS KMS that pays, in place of a keystore.
        balance_warning_wei: below this balance of the account a warning is logged, wei.
        balance_critical_wei: below this one an error is, wei.
        finality: when a block counts as final.
        maximum_fee_per_gas_wei: no transaction offers more, wei; replacements neither.
        minimum_tip_wei: tip per gas that is offered even when nobody else offers one, wei.
        base_fee_multiple: a new transaction offers at most so many base fees and the tip.
        data_fee: ``op_stack`` where the chain takes a fee for data on the chain below beside the gas.
        has_mempool: false where there is nobody to outbid; nothing is bumped there.
        bump_seconds: how long a transaction waits for a block before a dearer one replaces it.
        turns: with other relayers; absent when this one is alone.
        poll_seconds: time between two looks at the chain.
        rpc_timeout_seconds: time allowed for one JSON-RPC request.
        policy: what is due and what may be spent; every proof is due by default.
        multicall: address of Multicall3, through which several jobs share a transaction; absent: each has its own.
        batch_jobs: so many jobs share a transaction at most; 1: none do.
        keeper: observations to make at each epoch; absent: none are made.
    """

    name: str = Field(min_length=1)
    chain_id: int = Field(gt=0)
    endpoints: tuple[str, ...] = Field(min_length=1)
    heads_endpoint: str | None = None
    heads_silence_seconds: float = Field(default=15.0, gt=0)
    requests_per_second: tuple[Rate, ...] = (0.0,)
    risk_feed: Address
    attested_inputs: Address | None = None
    keystore: ConfigPath | None = None
    password_file: ConfigPath | None = None
    kms: KmsSettings | None = None
    balance_warning_wei: int = Field(default=50_000_000_000_000_000, ge=0)
    balance_critical_wei: int = Field(default=10_000_000_000_000_000, ge=0)
    finality: FinalitySettings = FinalitySettings()
    maximum_fee_per_gas_wei: int = Field(default=100_000_000_000, gt=0)
    minimum_tip_wei: int = Field(default=1_000_000, ge=0)
    base_fee_multiple: int = Field(default=2, ge=1)
    data_fee: DataFee = DataFee.NONE
    has_mempool: bool = True
    bump_seconds: float = Field(default=60.0, gt=0)
    turns: TurnSettings | None = None
    poll_seconds: float = Field(default=2.0, gt=0)
    rpc_timeout_seconds: float = Field(default=10.0, gt=0)
    policy: ChainPolicy = ChainPolicy()
    multicall: Address | None = None
    batch_jobs: int = Field(default=16, ge=1, le=48)
    keeper: KeeperSettings | None = None

    @field_validator("endpoints")
    @classmethod
    def _check_endpoints(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            _HTTP_URL.validate_python(url)
        return value

    @model_validator(mode="after")
    def _check_key(self) -> Self:
        of_keystore = (self.keystore is not None, self.password_file is not None)
        if of_keystore not in ((True, True), (False, False)) or of_keystore[0] == (self.kms is not None):
            raise ValueError("give keystore and password_file, or kms")
        return self

    @field_validator("heads_endpoint")
    @classmethod
    def _check_heads_endpoint(cls, value: str | None) -> str | None:
        if value is not None:
            _WEBSOCKET_URL.validate_python(value)
        return value

    @model_validator(mode="after")
    def _check_rates(self) -> Self:
        if len(self.requests_per_second) not in (1, len(self.endpoints)):
            raise ValueError(
                f"requests_per_second has {len(self.requests_per_second)} figures for {len(self.endpoints)} endpoints; "
                "give one each, or one for all"
            )
        return self

    @property
    def endpoint_rates(self) -> tuple[float | None, ...]:
        """Requests a second of each endpoint, None for one without a limit."""
        rates = self.requests_per_second
        each = rates * len(self.endpoints) if len(rates) == 1 else rates
        return tuple(rate or None for rate in each)

    @property
    def fee_limits(self) -> FeeLimits:
        """What fees are allowed."""
        return FeeLimits(
            maximum=self.maximum_fee_per_gas_wei,
            minimum_tip=self.minimum_tip_wei,
            base_fee_multiple=self.base_fee_multiple,
        )

    @property
    def batch_rules(self) -> BatchRules | None:
        """How jobs share transactions; None: they do not."""
        if self.multicall is None or self.batch_jobs < 2:
            return None
        return BatchRules(multicall=self.multicall, jobs=self.batch_jobs)

    @property
    def push_rules(self) -> PushRules:
        """When a transaction is replaced."""
        return PushRules(has_mempool=self.has_mempool, bump_seconds=self.bump_seconds)

    @property
    def destination(self) -> Destination:
        """What planning needs of it."""
        return Destination(
            name=self.name,
            chain_id=self.chain_id,
            risk_feed=self.risk_feed,
            attested_inputs=self.attested_inputs,
        )


class RelayerSettings(ProgramSettings):
    """Everything the relayer can be told.

    Attributes:
        state_url: SQLAlchemy URL of the state; SQLite by default.
        wallet: signs requests to validators.
        sources: validators to pull from.
        chains: chains to relay to.
        circuits: folders of the circuits whose proofs are verified.
        spool: folder from which publications are taken as files; absent: none are.
        models: names of the models to relay; empty means every model of ``circuits``.
        host: address that the HTTP service listens on; loopback by default.
        port: its port.
        api_token_file: file with the token that callers of the service's verbs must show; absent: nothing can be
            changed by HTTP.
        source_poll_seconds: time between two questions to a validator.
        stop_grace_seconds: time that a step under way gets to finish after SIGTERM.
    """

    model_config = SettingsConfigDict(env_prefix="VERISTAKE_RELAYER_")

    state_url: str = "sqlite:///relayer.db"
    wallet: WalletSettings
    sources: tuple[SourceSettings, ...] = ()
    chains: tuple[ChainSettings, ...] = Field(min_length=1)
    circuits: tuple[ConfigPath, ...] = Field(min_length=1)
    models: tuple[str, ...] = ()
    spool: ConfigPath | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8190, ge=0, lt=1 << 16)
    api_token_file: ConfigPath | None = None
    source_poll_seconds: float = Field(default=2.0, gt=0)
    stop_grace_seconds: float = Field(default=15.0, gt=0)

    @field_validator("chains")
    @classmethod
    def _check_chains(cls, value: tuple[ChainSettings, ...]) -> tuple[ChainSettings, ...]:
        for field in ("name", "chain_id"):
            seen = [getattr(chain, field) for chain in value]
            if len(set(seen)) != len(seen):
                raise ValueError(f"two chains have the same {field}")
        return value


def load_settings(path: Path) -> RelayerSettings:
    """Read the TOML file and the environment; relative paths start at the file's folder.

    Raises:
        ConfigurationError: the file cannot be read, or a setting is missing, unknown or malformed.
    """
    return daemon.settings.load_settings(
        RelayerSettings, path, how_to_begin="veristake relayer init DIRECTORY", reference="docs/relayer.md"
    )


def endpoint_label(url: str) -> str:
    """Host and port of a URL: the rest may hold an access key and is never shown."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
