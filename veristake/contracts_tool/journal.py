"""Every transaction of a deployment on disk before it is sent, so that a crash never makes it send one twice."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from statements.errors import ConfigurationError
from statements.quantities import Address, Hash32, HexBytes


class _JournalPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_JournalPart):
    """What a journal belongs to.

    Attributes:
        chain_id: EIP-155 id.
        genesis: hash of the chain's first block.
        plan: sha256 of the plan's canonical JSON.
        sender: account that deploys.
    """

    chain_id: int
    genesis: Hash32
    plan: Hash32
    sender: Address


class Attempt(_JournalPart):
    """One signed form of a transaction; all attempts of a step share its nonce, so that only one can be mined.

    Attributes:
        hash: of the transaction.
        raw: as signed: whoever has it can send it, which is what was wanted anyway.
        max_fee: most wei per gas that it pays in all.
        priority_fee: part of it that goes to the block's proposer.
    """

    hash: Hash32
    raw: HexBytes
    max_fee: int
    priority_fee: int


class Entry(_JournalPart):
    """One step.

    Attributes:
        step: name, unique in a deployment.
        nonce: of the sender.
        attempts: in order of signing; empty never.
        mined: hash of the attempt that was mined.
        block: number of its block.
        gas_used: units of gas.
    """

    step: str
    nonce: int = Field(ge=0)
    attempts: tuple[Attempt, ...] = Field(min_length=1)
    mined: Hash32 | None = None
    block: int | None = None
    gas_used: int | None = None


class _JournalFile(_JournalPart):
    identity: Identity
    complete: bool = False
    entries: tuple[Entry, ...] = ()


class Journal:
    """The steps of one deployment.

    Args:
        path: file.
        identity: what it belongs to.
        entries: what has been written already.
        complete: whether that deployment has ended well.
    """

    def __init__(
        self, path: Path, identity: Identity, entries: tuple[Entry, ...] = (), *, complete: bool = False
    ) -> None:
        self.path = path
        self.identity = identity
        self.complete = complete
        self._entries = {entry.step: entry for entry in entries}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """In order of first writing."""
        return tuple(self._entries.values())

    def get(self, step: str) -> Entry | None:
        """A step, once it has been signed."""
        return self._entries.get(step)

    def put(self, entry: Entry) -> None:
        """Write a step; it is on disk when this returns."""
        self._entries[entry.step] = entry
        self._save()

    def drop(self, step: str) -> None:
        """Forget a step whose nonce another transaction has used: none of its attempts can ever be mined."""
        del self._entries[step]
        self._save()

    def finish(self) -> None:
        """Write that all steps are done."""
        self.complete = True
        self._save()

    def _save(self) -> None:
        content = _JournalFile(identity=self.identity, complete=self.complete, entries=self.entries)
        write_durably(self.path, content.model_dump_json(indent=1) + "\n")


def read_journal(path: Path) -> Journal | None:
    """The journal in a file; None when there is no file.

    Raises:
        ConfigurationError: it is malformed.
    """
    try:
        content = _JournalFile.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ConfigurationError(
            f"journal {path} cannot be read", remedy="It says what has been sent: restore it, or look at the account"
        ) from error
    return Journal(path, content.identity, content.entries, complete=content.complete)


def write_durably(path: Path, text: str) -> None:
    """Write a file by renaming a complete one, and wait until the disk has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
