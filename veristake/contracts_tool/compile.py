"""The compiled project; compiled again only when a source has changed."""

from __future__ import annotations

import fcntl
import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from statements.errors import ConfigurationError
from veristake.contracts_tool.environment import prepare_ape

if TYPE_CHECKING:
    from ape.managers.project import LocalProject

Progress = Callable[[str], None]


def compiled_project(root: Path, progress: Progress = lambda _: None, *, force: bool = False) -> LocalProject:
    """Ape's project at ``root``, compiled.

    Args:
        root: folder with ape-config.yaml.
        progress: told of each step.
        force: compile even when nothing has changed.

    Raises:
        ConfigurationError: the compiler is not installed, or refuses a source.
    """
    prepare_ape(root)
    import ape
    from ape.exceptions import ApeException

    project: LocalProject = ape.Project(root)
    stamp = root / "build" / "ape" / "compiled.sha256"
    with _locked(stamp.with_suffix(".lock")):
        digest = _sources_digest(root)
        # Ape compiles again what was edited, but not what imports it: a changed library needs everything anew
        current = not force and stamp.is_file() and stamp.read_text("utf-8") == digest
        if not current:
            progress("compiling all contracts")
        try:
            # Ape tells of its compiling on standard output, where --json promises one document
            with redirect_stdout(sys.stderr):
                project.load_contracts(use_cache=current)
        except ApeException as error:
            first_line = str(error).strip().splitlines()[0]
            raise ConfigurationError(
                f"the contracts do not compile: {first_line}", remedy="See: ape compile"
            ) from error
        stamp.write_text(digest, "utf-8")
    return project


def _sources_digest(root: Path) -> str:
    """sha256 over everything that others import, and how it is compiled; generated verifiers are imported by nobody."""
    digest = hashlib.sha256()
    package = root / "node_modules" / "@openzeppelin" / "contracts" / "package.json"
    # in a checkout below the system's temporary folder Ape unpacks OpenZeppelin into contracts/.cache
    left_out = {root / "contracts" / "generated", root / "contracts" / ".cache"}
    sources = (path for path in (root / "contracts").rglob("*.sol") if left_out.isdisjoint(path.parents))
    for path in (root / "ape-config.yaml", package, *sorted(sources)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one process at a time writes the compiler's output."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
