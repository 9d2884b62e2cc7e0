"""One leader per (chain, signer): the others stand by and take over when it goes.

Whoever holds the lease writes. Should two believe it for a moment, the outbox still lets only one of them move a job.
"""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError


class Lease(Protocol):
    """The right to write."""

    def hold(self) -> bool:
        """Whether it is ours: takes it when it is free, and asks anew whether it still is."""

    def release(self) -> None:
        """Give it back; nothing happens when it is not ours."""


class PostgresLease:
    """An advisory lock on a connection of its own: the server frees it as soon as the process or its machine is gone.

    Args:
        engine: of the state.
        key: 64 bits that name the (chain, signer).
    """

    def __init__(self, engine: Engine, key: int) -> None:
        self._engine = engine
        self._key = key
        self._connection: Connection | None = None

    def hold(self) -> bool:
        """Whether it is ours."""
        if self._connection is None:
            return self._take()
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            # the connection is gone, and the lock with it
            self._drop()
            return False
        return True

    def release(self) -> None:
        """Close the connection, and with it the lock."""
        self._drop()

    def _take(self) -> bool:
        # outside the pool, which would hand the connection and its lock to somebody else
        connection = self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        connection.detach()
        taken: bool = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({self._key})").scalar_one()
        if taken:
            self._connection = connection
        else:
            connection.close()
        return taken

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class FileLease:
    """A lock on a file beside SQLite's: the kernel frees it as soon as the process is gone.

    Args:
        path: of the lock file; it is made, and stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def hold(self) -> bool:
        """Whether it is ours."""
        if self._file is not None:
            return True
        file = self._path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Close the file, and with it the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None


def lease_for(engine: Engine, *, chain_id: int, signer: str) -> Lease:
    """The lease of a (chain, signer) in a state."""
    if engine.dialect.name == "sqlite":
        return FileLease(Path(f"{engine.url.database}.{chain_id}.{signer}.lock"))
    digest = hashlib.sha256(f"veristake relayer {chain_id} {signer}".encode()).digest()
    return PostgresLease(engine, int.from_bytes(digest[:8], "big", signed=True))
