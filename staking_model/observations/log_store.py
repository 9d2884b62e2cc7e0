"""Event logs read so far, and how far that is, in one SQLite file: both change in one transaction or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from statements.errors import ConfigurationError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS origin (chain_id INTEGER NOT NULL, addresses TEXT NOT NULL, first_block INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoints (block INTEGER PRIMARY KEY, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS logs (
    block INTEGER NOT NULL, position INTEGER NOT NULL, time INTEGER NOT NULL, address TEXT NOT NULL,
    topics TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (block, position));
"""


@dataclass(frozen=True)
class ChainLog:
    """One event log.

    Attributes:
        block: number of its block.
        position: index of the log in the block.
        time: of the block, Unix seconds.
        address: contract, lower-case hex.
        topics: 0x-hex.
        data: ABI-encoded.
    """

    block: int
    position: int
    time: int
    address: str
    topics: tuple[str, ...]
    data: bytes


@dataclass(frozen=True)
class Checkpoint:
    """A block up to which everything has been read.

    Attributes:
        block: number.
        hash: 0x-hex; another hash at this number is a reorganisation.
    """

    block: int
    hash: str


@dataclass(frozen=True)
class Origin:
    """What a file is about; a file of something else is refused.

    Attributes:
        chain_id: EIP-155 id.
        addresses: contracts whose logs are read, lower-case hex.
        first_block: from which they are read.
    """

    chain_id: int
    addresses: tuple[str, ...]
    first_block: int


class LogStore:
    """The file.

    Args:
        path: of the file; made when missing.
        origin: what it is, or has to be, about.

    Raises:
        ConfigurationError: it cannot be opened, is no such file, or is about something else.
    """

    def __init__(self, path: Path, origin: Origin) -> None:
        self._path = path
        try:
            # autocommit: transactions begin and end where this class says
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"cannot use {path}: {error}",
                remedy="Give a path that can be written, or remove the file to start anew",
            ) from error
        self._claim(origin)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def checkpoints(self) -> Iterator[Checkpoint]:
        """Checkpoints, newest first."""
        for block, digest in self._connection.execute("SELECT block, hash FROM checkpoints ORDER BY block DESC"):
            yield Checkpoint(block, digest)

    def newest(self) -> Checkpoint | None:
        """How far everything has been read; None before the first."""
        return next(self.checkpoints(), None)

    def append(self, logs: Iterable[ChainLog], checkpoint: Checkpoint) -> None:
        """Logs up to a checkpoint, and the checkpoint, at once."""
        rows = [(log.block, log.position, log.time, log.address, ",".join(log.topics), log.data) for log in logs]
        with self._transaction():
            self._connection.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._connection.execute("INSERT INTO checkpoints VALUES (?, ?)", (checkpoint.block, checkpoint.hash))

    def rewind(self, to: Checkpoint | None) -> None:
        """Forget everything after a checkpoint; everything when None."""
        block = -1 if to is None else to.block
        with self._transaction():
            self._connection.execute("DELETE FROM logs WHERE block > ?", (block,))
            self._connection.execute("DELETE FROM checkpoints WHERE block > ?", (block,))

    def logs(self) -> Iterator[ChainLog]:
        """Every log, in the chain's order."""
        query = "SELECT block, position, time, address, topics, data FROM logs ORDER BY block, position"
        for block, position, time, address, topics, data in self._connection.execute(query):
            yield ChainLog(block, position, time, address, tuple(topics.split(",")), data)

    def _claim(self, origin: Origin) -> None:
        wanted = (origin.chain_id, ",".join(origin.addresses), origin.first_block)
        with self._transaction():
            found: Sequence[object] | None = self._connection.execute("SELECT * FROM origin").fetchone()
            if found is None:
                self._connection.execute("INSERT INTO origin VALUES (?, ?, ?)", wanted)
            elif tuple(found) != wanted:
                raise ConfigurationError(
                    f"{self._path} holds logs of chain {found[0]}, contracts {found[1]}, from block {found[2]}, not of "
                    f"chain {wanted[0]}, contracts {wanted[1]}, from block {wanted[2]}",
                    remedy="Give another file for another chain, contract or first block",
                )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
