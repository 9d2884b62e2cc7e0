"""A program's settings: a TOML file, overridden by the environment, as a frozen model.

Relative paths, SQLite's among them, start at the file's folder, and ``~`` is the home folder. The environment overrides
single fields: ``VERISTAKE_MINER_LISTEN__PORT=8091`` replaces ``port`` in ``[listen]``.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from typing_extensions import override

from statements.errors import ConfigurationError

ConfigPath = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path in which ``~`` is the home folder."""

S = TypeVar("S", bound="ProgramSettings")

_SECRET_FIELDS = ("endpoint", "state_url")
"""Beginnings of the names of fields that may hold an access key or a password: their values are never shown."""
_SQLITE = "sqlite:///"


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WalletSettings(Section):
    """Bittensor wallet whose hotkey signs.

    Attributes:
        path: folder of wallets.
        name: wallet name.
        hotkey: hotkey name.
    """

    path: ConfigPath
    name: str
    hotkey: str = "default"


class ProgramSettings(BaseSettings):
    """Base of each program's settings; a program adds its ``env_prefix``."""

    model_config = {"frozen": True, "extra": "forbid", "env_nested_delimiter": "__"}

    def anchored(self, base: Path) -> Self:
        """The same settings with relative paths starting at ``base``."""
        settings: Self = _anchored(self, base)
        url = getattr(settings, "state_url", None)
        if url is None:
            return settings
        return settings.model_copy(update={"state_url": _anchored_state_url(url, base)})

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
        """Environment before file, whose content comes as arguments; nothing else."""
        return env_settings, init_settings


def load_settings(model: type[S], path: Path, *, how_to_begin: str, reference: str) -> S:
    """Read a settings file and the environment.

    Args:
        model: settings of the program.
        path: TOML file.
        how_to_begin: command that writes a first file, for the remedy.
        reference: page that lists every setting, for the remedy.

    Raises:
        ConfigurationError: the file cannot be read, is not TOML, or a field is missing, unknown or malformed.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return model(**content).anchored(path.resolve().parent)
    except FileNotFoundError as error:
        raise ConfigurationError(f"settings file {path} does not exist", remedy=f"Make one: {how_to_begin}") from error
    except OSError as error:
        raise ConfigurationError(
            f"settings file {path} cannot be read: {error.strerror}", remedy="Check its rights"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"settings file {path} is not TOML: {error}", remedy="Correct the file at the place named"
        ) from error
    except ValidationError as error:
        raise ConfigurationError(
            f"settings file {path}: {_named(error.errors(include_url=False)[0])}",
            remedy=f"{reference} lists every setting",
        ) from error


def _named(error: ErrorDetails) -> str:
    """Field, value unless it may be a secret or is a whole table, and what is wrong with it."""
    parts = [str(part) for part in error["loc"]]
    secret = any(part.startswith(_SECRET_FIELDS) for part in parts)
    hidden = secret or error["type"] == "missing" or isinstance(error["input"], dict)
    value = "" if hidden else f" = {error['input']!r}"
    return f"{'.'.join(parts) or 'settings'}{value}: {error['msg']}"


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


def _anchored_state_url(url: str, base: Path) -> str:
    file = url.removeprefix(_SQLITE)
    # no file, a file in memory, a URI and an absolute path are taken as they are
    if not url.startswith(_SQLITE) or not file or file.startswith(("/", ":", "file:")):
        return url
    return f"{_SQLITE}{base / file}"
