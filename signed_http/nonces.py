"""Memory of accepted nonces in an SQLite file: survives restarts, and worker processes of one neuron share it.

It implements ``bittensor.http_auth.NonceStore``. A request is accepted only once its nonce is in the file; when the
file cannot be written (disk full, locked, removed rights) the request is refused, never accepted unremembered.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from statements.errors import ConfigurationError, VeristakeError

RETENTION_SECONDS = 60.0
"""Nonces are kept this long; btauth/1 accepts none that is older than 10 s or more than 2 s ahead."""

_AHEAD_SECONDS = 2.0
"""How far a signer's clock may be ahead, as btauth/1 has it."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Linux draws a new one whenever the machine starts."""
_LOCK_SECONDS = 2.0
"""How long to wait for another process's write; one takes well under a millisecond."""
_PRUNE_EVERY = 256
_SCHEMA = """
CREATE TABLE IF NOT EXISTS nonce (
    receiver TEXT NOT NULL, sender TEXT NOT NULL, nonce_ns INTEGER NOT NULL,
    PRIMARY KEY (receiver, nonce_ns, sender)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pruned (receiver TEXT PRIMARY KEY, below_ns INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS boot (receiver TEXT PRIMARY KEY, boot_id TEXT NOT NULL) WITHOUT ROWID;
"""
_LARGEST_INTEGER = (1 << 63) - 1


def _boot_id() -> str:
    """Where the kernel does not tell, each process counts as a new start of the machine."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return f"{time.time_ns()}"


class NonceStoreError(VeristakeError):
    """The memory of nonces cannot be written, so no request can be accepted."""


class SqliteNonceStore:
    """Accepted nonces of requests to one hotkey.

    A power failure may lose the last moments (``synchronous = NORMAL``). So after each start of the machine nothing is
    accepted that was signed before this memory was opened, by any clock that btauth/1 lets in.

    Args:
        path: SQLite file; made when absent. Several hotkeys may share one.
        receiver: ss58 hotkey to which the requests are addressed.
        retention: seconds for which nonces are kept.
        clock: nanoseconds since 1970; for tests.
        boot_id: names the present run of the machine's kernel; for tests.

    Raises:
        ConfigurationError: the file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        receiver: str,
        *,
        retention: float = RETENTION_SECONDS,
        clock: Callable[[], int] = time.time_ns,
        boot_id: Callable[[], str] = _boot_id,
    ) -> None:
        self.retention = retention
        self._receiver, self._clock = receiver, clock
        self._lock = threading.Lock()
        self._until_pruning = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.with_name(path.name + ".lock").open("a") as opening:
                # SQLite does not wait when two processes turn one new file to write-ahead logging
                fcntl.flock(opening, fcntl.LOCK_EX)
                self._connection = _connect(path)
                self._forget_what_may_be_lost(boot_id())
                self._connection.execute("PRAGMA synchronous = NORMAL")
        except (sqlite3.Error, OSError) as error:
            raise _unusable(path, error) from error

    def check_and_store(self, hotkey_ss58: str, nonce_ns: int) -> bool:
        """Remember a nonce; False when it is there already, or so old that it may have been forgotten.

        Args:
            hotkey_ss58: who signed the request.
            nonce_ns: nanoseconds since 1970, by the signer's clock.

        Raises:
            NonceStoreError: the file cannot be written.
        """
        if not 0 <= nonce_ns <= _LARGEST_INTEGER:
            return False
        try:
            with self._lock, self._writing():
                self._prune()
                if nonce_ns < self._pruned_below():
                    # the clock was set back: this one was perhaps accepted and forgotten
                    return False
                inserted = self._connection.execute(
                    "INSERT OR IGNORE INTO nonce VALUES (?, ?, ?)", (self._receiver, hotkey_ss58, nonce_ns)
                )
                return inserted.rowcount == 1
        except sqlite3.Error as error:
            raise NonceStoreError(
                f"the replay memory cannot be written: {error}",
                remedy="Make room on the disk of http.replay_memory; until then every signed request is refused",
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        # IMMEDIATE: what is read inside cannot be outdated by another process before the insert
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _pruned_below(self) -> int:
        row = self._connection.execute("SELECT below_ns FROM pruned WHERE receiver = ?", (self._receiver,)).fetchone()
        return 0 if row is None else int(row[0])

    def _prune(self) -> None:
        self._until_pruning -= 1
        if self._until_pruning > 0:
            return
        self._until_pruning = _PRUNE_EVERY
        below = self._clock() - int(self.retention * 1e9)
        self._connection.execute("DELETE FROM nonce WHERE receiver = ? AND nonce_ns < ?", (self._receiver, below))
        self._refuse_below(below)

    def _refuse_below(self, nonce_ns: int) -> None:
        self._connection.execute(
            "INSERT INTO pruned VALUES (?, ?) ON CONFLICT (receiver) DO UPDATE SET below_ns = max(below_ns, ?)",
            (self._receiver, nonce_ns, nonce_ns),
        )

    def _forget_what_may_be_lost(self, boot_id: str) -> None:
        """When the machine has been started since, it may have lost power: what was accepted last is unknown then."""
        with self._writing():
            row = self._connection.execute("SELECT boot_id FROM boot WHERE receiver = ?", (self._receiver,)).fetchone()
            known = self._connection.execute("SELECT 1 FROM nonce WHERE receiver = ?", (self._receiver,)).fetchone()
            if (row is not None and row[0] != boot_id) or (row is None and known is not None):
                self._refuse_below(self._clock() + int(_AHEAD_SECONDS * 1e9))
            self._connection.execute("INSERT OR REPLACE INTO boot VALUES (?, ?)", (self._receiver, boot_id))


def require_nonces(path: Path) -> None:
    """What is there is a memory of nonces, or nothing is; changes nothing.

    Raises:
        ConfigurationError: it is something else.
    """
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", timeout=_LOCK_SECONDS, uri=True)) as found:
            found.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"replay memory {path} cannot be opened: {error}",
        remedy="Choose a file in http.replay_memory that this user may write, on a disk with room",
    )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(_SCHEMA)
    return connection
