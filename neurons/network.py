"""Who takes part in the subnet: a protocol, and the embedded network kept in one file."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from statements.errors import ConfigurationError


class Role(StrEnum):
    """What a neuron does."""

    MINER = "miner"
    VALIDATOR = "validator"


class Neuron(BaseModel):
    """One participant.

    Attributes:
        uid: number in the subnet, never reused.
        hotkey: ss58 address that signs its requests and answers.
        role: what it does.
        endpoint: URL that it serves; None before it has served.
        stake: in the network's own unit; information only in a local network.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uid: int = Field(ge=0)
    hotkey: str
    role: Role
    endpoint: str | None = None
    stake: float = Field(default=0.0, ge=0)


class Network(Protocol):
    """A register of neurons."""

    def neurons(self) -> tuple[Neuron, ...]:
        """All neurons by uid."""

    def register(self, hotkey: str, role: Role, *, stake: float = 0.0) -> Neuron:
        """Enter a hotkey, or give its entry when it is there already."""

    def serve(self, hotkey: str, endpoint: str) -> Neuron:
        """Announce the URL at which a registered hotkey serves."""


class _Register(BaseModel):
    """The content of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    neurons: tuple[Neuron, ...] = ()


class LocalNetwork:
    """A network in a JSON file: whoever may write the file decides who takes part.

    Writers take a lock beside the file and replace it whole, so readers need no lock and never see half of it.

    Args:
        path: the file; an absent one is an empty network.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def neurons(self) -> tuple[Neuron, ...]:
        """All neurons by uid.

        Raises:
            ConfigurationError: the file is not a network.
        """
        return self._read().neurons

    def register(self, hotkey: str, role: Role, *, stake: float = 0.0) -> Neuron:
        """Enter a hotkey, or give its entry when it is there already.

        Raises:
            ConfigurationError: it is registered with another role, or the file cannot be written.
        """

        def enter(neurons: tuple[Neuron, ...]) -> tuple[Neuron, tuple[Neuron, ...]]:
            known = neuron_of(neurons, hotkey)
            if known is None:
                entry = Neuron(uid=len(neurons), hotkey=hotkey, role=role, stake=stake)
                return entry, (*neurons, entry)
            if known.role is not role:
                raise ConfigurationError(
                    f"hotkey {hotkey} is registered as {known.role} in {self._path}, not as {role}",
                    remedy="Give each role a wallet of its own.",
                )
            return known, neurons

        return self._change(enter)

    def serve(self, hotkey: str, endpoint: str) -> Neuron:
        """Announce the URL at which a registered hotkey serves.

        Raises:
            ConfigurationError: the hotkey is not registered, or the file cannot be written.
        """

        def announce(neurons: tuple[Neuron, ...]) -> tuple[Neuron, tuple[Neuron, ...]]:
            known = neuron_of(neurons, hotkey)
            if known is None:
                raise ConfigurationError(
                    f"hotkey {hotkey} is not registered in {self._path}", remedy="Register it first."
                )
            entry = known.model_copy(update={"endpoint": endpoint})
            return entry, tuple(entry if neuron.hotkey == hotkey else neuron for neuron in neurons)

        return self._change(announce)

    def _change(self, change: Callable[[tuple[Neuron, ...]], tuple[Neuron, tuple[Neuron, ...]]]) -> Neuron:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked():
                before = self._read()
                entry, neurons = change(before.neurons)
                if neurons != before.neurons:
                    self._replace(_Register(neurons=neurons))
                return entry
        except OSError as error:
            raise ConfigurationError(
                f"network file {self._path} cannot be written: {error.strerror or error}",
                remedy="Choose a network file that you may write to.",
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._path.with_name(self._path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> _Register:
        try:
            return _Register.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return _Register()
        except (OSError, ValidationError) as error:
            raise ConfigurationError(
                f"network file {self._path} is not a network: {error}",
                remedy="Restore it, or remove it and start the neurons again.",
            ) from error

    def _replace(self, register: _Register) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(register.model_dump_json(indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def neuron_of(neurons: tuple[Neuron, ...], hotkey: str) -> Neuron | None:
    """The entry of a hotkey, None when it is not registered."""
    return next((neuron for neuron in neurons if neuron.hotkey == hotkey), None)
