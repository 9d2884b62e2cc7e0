"""The local network's file: read whole, replaced whole, by several processes."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from neurons.network.protocol import Neuron, Role
from statements.errors import ConfigurationError

Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class WeightRow(BaseModel):
    """The weights that one validator has set.

    Attributes:
        block: at which it set them.
        version_key: version of its rules.
        weights: by uid of the miner; they sum to 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    block: int = Field(ge=0)
    version_key: int = Field(ge=0)
    weights: dict[int, Weight]


class Register(BaseModel):
    """The content of the file.

    Attributes:
        version: of this layout; version 1 knew neither permits nor weights, and still opens.
        neurons: by uid.
        weights: by uid of the validator.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[2] = 2
    neurons: tuple[Neuron, ...] = ()
    weights: dict[int, WeightRow] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _raised_from_version_1(cls, content: Any) -> Any:
        neurons = content.get("neurons", []) if isinstance(content, dict) else None
        if not isinstance(neurons, list) or content.get("version") != 1:
            return content
        # in version 1 who was registered as a validator was one
        raised = [
            {**neuron, "validator_permit": neuron.get("role") == Role.VALIDATOR} if isinstance(neuron, dict) else neuron
            for neuron in neurons
        ]
        return {"version": 2, "neurons": raised}


class RegisterFile:
    """Writers take a lock beside the file and replace it whole, so readers need no lock and never see half of it.

    Args:
        path: the file; an absent one is an empty network.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Register:
        """What is in the file.

        Raises:
            ConfigurationError: the file is not a network.
        """
        try:
            return Register.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return Register()
        except (OSError, ValidationError) as error:
            raise ConfigurationError(
                f"network file {self.path} is not a network: {error}",
                remedy="Restore it, or remove it and start the neurons again.",
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other writer out.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name(self.path.name + ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise ConfigurationError(
                f"network file {self.path} cannot be written: {error.strerror or error}",
                remedy="Choose a network file that you may write to.",
            ) from error

    def replace(self, register: Register) -> None:
        """Put new content in the place of the old; call it locked.

        Raises:
            OSError: the file is as it was.
        """
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(register.model_dump_json(indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
