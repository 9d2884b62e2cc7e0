"""Fetched circuits on disk, under a limit: the least recently used goes first, one in use never.

    <root>/<bundle hash>/           a whole circuit: its files and bundle.json
    <root>/<bundle hash>.part/      one that is being fetched, or was when its process ended: fetching goes on there
    <root>/held.json                bundles that the miner holds, read by it while it runs

A folder without ``.part`` is whole, because it gets its name last. Who uses a circuit holds a shared lock on its
``bundle.json``, which ends with the process; it is never evicted meanwhile.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from neurons.artefacts.bundle import ArtefactError, Bundle

_BUNDLE = "bundle.json"
_HELD = "held.json"


@dataclass(frozen=True)
class CachedCircuit:
    """A whole circuit in the cache.

    Attributes:
        bundle_hash: 0x-hex.
        directory: its folder.
        size: bytes.
        last_used: seconds since 1970.
    """

    bundle_hash: str
    directory: Path
    size: int
    last_used: float


class CircuitCache:
    """The cache's folder.

    Args:
        root: made when absent.
        limit_bytes: of all whole circuits together.
    """

    def __init__(self, root: Path, limit_bytes: int) -> None:
        self.root, self.limit_bytes = root, limit_bytes
        self._in_use: dict[str, IO[bytes]] = {}

    def find(self, bundle_hash: str) -> Path | None:
        """Folder of a whole circuit; None when it is not here."""
        folder = self.root / bundle_hash
        return folder if (folder / _BUNDLE).is_file() else None

    def use(self, bundle_hash: str) -> Path:
        """Mark a circuit as used now, and keep it from being evicted until this process ends.

        Raises:
            ArtefactError: it is not here.
        """
        folder = self.find(bundle_hash)
        if folder is None:
            raise ArtefactError(
                f"circuit {bundle_hash} is not in {self.root}", remedy="Fetch it: veristake miner circuits add"
            )
        if bundle_hash not in self._in_use:
            file = (folder / _BUNDLE).open("rb")
            fcntl.flock(file, fcntl.LOCK_SH)
            if self.find(bundle_hash) is None:
                file.close()
                raise ArtefactError(
                    f"circuit {bundle_hash} was evicted from {self.root}", remedy="Fetch it again, or raise the limit"
                )
            self._in_use[bundle_hash] = file
        os.utime(folder / _BUNDLE)
        return folder

    def release(self, bundle_hash: str) -> None:
        """Let a circuit be evicted again."""
        used = self._in_use.pop(bundle_hash, None)
        if used is not None:
            used.close()

    def circuits(self) -> tuple[CachedCircuit, ...]:
        """Whole circuits, least recently used first."""
        found = []
        for mark in self.root.glob(f"0x*/{_BUNDLE}"):
            folder = mark.parent
            if folder.suffix:
                continue
            size = sum(file.stat().st_size for file in folder.iterdir())
            found.append(CachedCircuit(folder.name, folder, size, mark.stat().st_mtime))
        return tuple(sorted(found, key=lambda circuit: circuit.last_used))

    @contextmanager
    def staging(self, bundle_hash: str) -> Iterator[Path]:
        """The folder in which to fetch a circuit; other processes wait.

        Raises:
            ArtefactError: the folder cannot be written.
        """
        folder = self.root / f"{bundle_hash}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (self.root / f"{bundle_hash}.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                folder.mkdir(exist_ok=True)
                yield folder
        except OSError as error:
            raise ArtefactError(
                f"circuit cache {self.root} cannot be written: {error.strerror}",
                remedy="Choose a folder in artefacts.cache that this user may write, on a disk with room",
            ) from error

    def commit(self, bundle: Bundle, folder: Path) -> Path:
        """Give a fetched and checked circuit its name."""
        with (folder / _BUNDLE).open("wb") as file:
            file.write(bundle.content())
        # first the files, then their folder, then the name: after a power failure a named circuit is whole
        for each in (*folder.iterdir(), folder):
            _to_disk(each)
        named = folder.rename(self.root / bundle.bundle_hash)
        _to_disk(self.root)
        return named

    def make_room(self, size: int) -> tuple[str, ...]:
        """Evict until a circuit of ``size`` bytes fits.

        Returns:
            Hashes of the bundles that went.

        Raises:
            ArtefactError: it does not fit beside what is in use.
        """
        for folder in self.root.glob("0x*.gone"):
            shutil.rmtree(folder, ignore_errors=True)
        circuits = self.circuits()
        total, gone = sum(circuit.size for circuit in circuits), []
        if total + self._begun_bytes() + size > self.limit_bytes:
            self._drop_abandoned()
        held = self.held()
        for circuit in circuits:
            if total + size <= self.limit_bytes:
                break
            if circuit.bundle_hash not in held and self._evict(circuit):
                total -= circuit.size
                gone.append(circuit.bundle_hash)
        if total + size > self.limit_bytes:
            raise ArtefactError(
                f"a circuit of {size} bytes does not fit into {self.limit_bytes} beside {total} in use",
                remedy="Raise artefacts.limit_mib, or drop a circuit: veristake miner circuits drop HASH",
            )
        return tuple(gone)

    def _begun_bytes(self) -> int:
        """Size of what was fetched of circuits that are not whole."""
        return sum(file.stat().st_size for file in self.root.glob("0x*.part/*"))

    def set_aside(self, bundle_hash: str) -> None:
        """Take a damaged circuit's name away, so that it is fetched again; what is left goes when room is made."""
        with suppress(FileNotFoundError):
            (self.root / bundle_hash).rename(self.root / f"{bundle_hash}.{secrets.token_hex(4)}.gone")
        self.release(bundle_hash)

    def _drop_abandoned(self) -> None:
        """Remove fetches that nobody goes on with now."""
        for folder in self.root.glob("0x*.part"):
            with folder.with_suffix(".lock").open("a") as lock, suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)

    def _evict(self, circuit: CachedCircuit) -> bool:
        with (circuit.directory / _BUNDLE).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            # first the name: who looks now finds nothing, not half of it
            doomed = circuit.directory.rename(self.root / f"{circuit.bundle_hash}.gone")
            shutil.rmtree(doomed)
        return True

    def held(self) -> tuple[str, ...]:
        """Bundles that the miner shall hold.

        Raises:
            ArtefactError: the list is damaged.
        """
        try:
            content = json.loads((self.root / _HELD).read_text("utf-8"))
            if not isinstance(content, list):
                raise ValueError("no list")
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError) as error:
            raise ArtefactError(
                f"{self.root / _HELD} cannot be read", remedy="Write [] into it and add the circuits again"
            ) from error
        return tuple(str(each) for each in content)

    def hold(self, bundle_hash: str, *, held: bool = True) -> None:
        """Enter a bundle into the list of those that the miner shall hold, or strike it out."""
        with (self.root / f"{_HELD}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = [each for each in self.held() if each != bundle_hash]
            after = [*before, bundle_hash] if held else before
            written = self.root / f"{_HELD}.new"
            written.write_text(json.dumps(after), "utf-8")
            written.replace(self.root / _HELD)

    def list_changed_at(self) -> float | None:
        """When the list was last written, seconds since 1970; None when there is none."""
        try:
            return (self.root / _HELD).stat().st_mtime
        except OSError:
            return None


def _to_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
