"""The relayer's settings: a TOML file, overridden by environment variables ``VERISTAKE_RELAYER_...``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from relayer.finality import FinalityMode
from relayer.planning import Destination
from statements.errors import ConfigurationError
from statements.quantities import Address

_FROZEN = ConfigDict(frozen=True, extra="forbid")
_HTTP_URL = TypeAdapter(HttpUrl)


class WalletSettings(BaseModel):
    """Bittensor wallet whose hotkey signs requests to validators.

    Attributes:
        path: folder of wallets.
        name: wallet name.
        hotkey: hotkey name.
    """

    model_config = _FROZEN
    path: Path
    name: str
    hotkey: str = "default"


class SourceSettings(BaseModel):
    """A validator to pull from.

    Attributes:
        url: base URL of its HTTP service.
        hotkey: ss58 address that must sign its answers.
    """

    model_config = _FROZEN
    url: str
    hotkey: str = Field(min_length=40)

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        _HTTP_URL.validate_python(value)
        return value.rstrip("/")


class FinalitySettings(BaseModel):
    """When a block counts as final.

    Attributes:
        mode: the chain's ``finalized`` tag, or a depth.
        depth: blocks on top; with mode ``depth``.
    """

    model_config = _FROZEN
    mode: FinalityMode = FinalityMode.TAG
    depth: int = Field(default=64, ge=1)


class ChainSettings(BaseModel):
    """A chain to relay to.

    Attributes:
        name: short name for logs and tables.
        chain_id: EIP-155 id; every endpoint is asked for it.
        endpoints: JSON-RPC URLs; reads fail over, sends go to all.
        risk_feed: address of RiskFeed.
        attested_inputs: address of AttestedInputs; absent on the home chain.
        keystore: V3 keystore of the account that pays.
        password_file: file with its password.
        finality: when a block counts as final.
        maximum_fee_per_gas_wei: no transaction offers more, wei.
        poll_seconds: time between two looks at the chain.
        rpc_timeout_seconds: time allowed for one JSON-RPC request.
    """

    model_config = _FROZEN
    name: str = Field(min_length=1)
    chain_id: int = Field(gt=0)
    endpoints: tuple[str, ...] = Field(min_length=1)
    risk_feed: Address
    attested_inputs: Address | None = None
    keystore: Path
    password_file: Path
    finality: FinalitySettings = FinalitySettings()
    maximum_fee_per_gas_wei: int = Field(default=100_000_000_000, gt=0)
    poll_seconds: float = Field(default=2.0, gt=0)
    rpc_timeout_seconds: float = Field(default=10.0, gt=0)

    @field_validator("endpoints")
    @classmethod
    def _check_endpoints(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            _HTTP_URL.validate_python(url)
        return value

    @property
    def destination(self) -> Destination:
        """What planning needs of it."""
        return Destination(
            name=self.name,
            chain_id=self.chain_id,
            risk_feed=self.risk_feed,
            attested_inputs=self.attested_inputs,
        )


class RelayerSettings(BaseSettings):
    """Everything the relayer can be told.

    Attributes:
        state_url: SQLAlchemy URL of the state; SQLite by default.
        wallet: signs requests to validators.
        sources: validators to pull from.
        chains: chains to relay to.
        circuits: folders of the circuits whose proofs are verified.
        models: names of the models to relay; empty means every model of ``circuits``.
        host: address that the HTTP service listens on; loopback by default.
        port: its port.
        source_poll_seconds: time between two questions to a validator.
        stop_grace_seconds: time that a step under way gets to finish after SIGTERM.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="VERISTAKE_RELAYER_", env_nested_delimiter="__"
    )
    state_url: str = "sqlite:///relayer.db"
    wallet: WalletSettings
    sources: tuple[SourceSettings, ...] = Field(min_length=1)
    chains: tuple[ChainSettings, ...] = Field(min_length=1)
    circuits: tuple[Path, ...] = Field(min_length=1)
    models: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = Field(default=8190, ge=0, lt=1 << 16)
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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose content comes as arguments."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(path: Path) -> RelayerSettings:
    """Read the TOML file and the environment; relative paths start at the file's folder.

    Raises:
        ConfigurationError: the file cannot be read, or a setting is missing, unknown or malformed.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return _absolute(RelayerSettings(**content), path.resolve().parent)
    except OSError as error:
        raise ConfigurationError(
            f"settings file {path} cannot be read: {error.strerror}",
            remedy="Make one with: veristake relayer init DIRECTORY",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"settings file {path} is not TOML: {error}", remedy="Correct the file at the place named"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        # an endpoint's URL may hold an access key
        hidden = first["type"] == "missing" or "endpoints" in field or field == "state_url"
        value = "" if hidden else f" ({first['input']!r})"
        raise ConfigurationError(
            f"setting {field}{value} in {path}: {first['msg']}", remedy="docs/relayer.md lists every setting"
        ) from error


def endpoint_label(url: str) -> str:
    """Host and port of a URL: the rest may hold an access key and is never shown."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _absolute(settings: RelayerSettings, base: Path) -> RelayerSettings:
    def chain(value: ChainSettings) -> ChainSettings:
        paths = {"keystore": base / value.keystore, "password_file": base / value.password_file}
        return value.model_copy(update=paths)

    changes: dict[str, Any] = {
        "wallet": settings.wallet.model_copy(update={"path": base / settings.wallet.path}),
        "chains": tuple(chain(value) for value in settings.chains),
        "circuits": tuple(base / path for path in settings.circuits),
    }
    prefix = "sqlite:///"
    if settings.state_url.startswith(prefix) and not settings.state_url.startswith((prefix + "/", prefix + ":memory:")):
        changes["state_url"] = f"{prefix}{base / settings.state_url[len(prefix) :]}"
    return settings.model_copy(update=changes)
