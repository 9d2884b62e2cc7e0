"""The two databases of the state: SQLite in a folder, and a real PostgreSQL that the tests start."""

import itertools
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

DATABASES = ("sqlite", "postgresql")
_STARTS = 6


class Databases:
    """Gives new, empty databases.

    Args:
        postgres_url: SQLAlchemy URL of a server's own database.
    """

    def __init__(self, postgres_url: str) -> None:
        self._url = make_url(postgres_url)
        self._admin = create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._numbers = itertools.count()

    def make(self, kind: str, folder: Path) -> str:
        """SQLAlchemy URL of an empty database."""
        if kind == "sqlite":
            return f"sqlite:///{folder}/relayer.db"
        name = f"relayer_{next(self._numbers)}"
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        self._admin.dispose()


def _started(pgserver: Any, folder: Path) -> Any:
    """The server, also on a machine so busy that it is not up within the ten seconds that the package waits."""
    for _ in range(_STARTS):
        # what has begun to start goes on and is found running later, if the package forgets its own try; until
        # the server has written all of its files, the package stumbles over their absence
        with suppress(subprocess.TimeoutExpired, AssertionError, OSError):
            return pgserver.get_server(folder, cleanup_mode="delete")
        pgserver.PostgresServer._instances.pop(folder, None)
        time.sleep(2)
    raise RuntimeError(f"PostgreSQL in {folder} is not up after {_STARTS} tries")


@contextmanager
def databases() -> Iterator[Databases]:
    """A PostgreSQL server of its own, on a Unix socket, until the block ends; its absence is an error, never a skip.

    Started by root the server runs as another user. Its folder is none of pytest's: every pytest that starts takes the
    others' permission to enter from the folder above all of theirs (``pytest-of-root``), also that of one beside it.
    """
    with TemporaryDirectory(prefix="postgres-") as folder, _server(Path(folder)) as server:
        made = Databases(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        try:
            yield made
        finally:
            made.close()


@contextmanager
def _server(folder: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        # the package says which folder it takes for its lock, at import
        warnings.simplefilter("ignore")
        import pgserver

        server = _started(pgserver, folder / "pgdata")
    try:
        yield server
    finally:
        server.cleanup()
