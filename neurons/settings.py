"""Settings that both neurons have, and how a settings file becomes a frozen model.

Relative paths start at the file's folder. The environment overrides the file:
``VERISTAKE_MINER_LISTEN__PORT=8091`` replaces ``port`` in ``[listen]``.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from typing_extensions import override

from statements.errors import ConfigurationError
from statements.quantities import Address

ConfigPath = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path in which ``~`` is the home folder."""

S = TypeVar("S", bound="NeuronSettings")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WalletSettings(_Section):
    """Which Bittensor wallet the neuron signs with.

    Attributes:
        path: folder of wallets.
        name: wallet name.
        hotkey: hotkey name.
    """

    path: ConfigPath
    name: str
    hotkey: str = "default"


class ListenSettings(_Section):
    """Where the neuron answers.

    Attributes:
        host: address to bind.
        port: port to bind; 0 takes a free one.
        external_url: URL that others shall use; by default made of host and port.
    """

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    external_url: str | None = None


class ChainSettings(_Section):
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


class NeuronSettings(BaseSettings):
    """What miner and validator have in common.

    Attributes:
        wallet: which wallet signs.
        network: file of the local network.
        listen: where to answer.
        chain: the home chain.
    """

    wallet: WalletSettings
    network: ConfigPath
    listen: ListenSettings
    chain: ChainSettings

    def anchored(self, base: Path) -> Self:
        """The same settings with relative paths starting at ``base``."""
        settings: Self = _anchored(self, base)
        return settings

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file, nothing else."""
        return env_settings, init_settings


def load_settings(model: type[S], path: Path) -> S:
    """Read a settings file and the environment; relative paths start at the file's folder.

    Args:
        model: settings of the program.
        path: TOML file.

    Raises:
        ConfigurationError: the file is missing, is not TOML, or a field is missing, unknown or malformed.
    """
    try:
        content = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"settings file {path} does not exist", remedy="Write one with `init --config FILE`."
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"settings file {path} cannot be read: {error}", remedy="Correct the file.") from error
    try:
        return model(**content).anchored(path.resolve().parent)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        raise ConfigurationError(
            f"{path}: {where} = {first.get('input')!r}: {first['msg']}",
            remedy="`init --config FILE` writes a file that explains every field.",
        ) from error


def _anchored(value: Any, base: Path) -> Any:
    """``value`` with every path in it, and in the models and tuples in it, starting at ``base``."""
    if isinstance(value, Path):
        return base / value
    if isinstance(value, tuple):
        return tuple(_anchored(item, base) for item in value)
    if isinstance(value, BaseModel):
        fields = {name: _anchored(getattr(value, name), base) for name in type(value).model_fields}
        return value.model_copy(update=fields)
    return value
