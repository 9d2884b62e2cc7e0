"""A circuit's public files on this machine: fetched once, held against the pins at every start."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import ValidationError

from statements.errors import CircuitError
from verifier_gen.circuit import CircuitPaths
from verifier_gen.manifest import CircuitManifest, sha256_file
from veristake.client.checking import check_manifest
from veristake.client.errors import CircuitFilesError
from veristake.client.pins import PinnedCircuit

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets a file of the circuit by name."""


def default_cache() -> Path:
    """Where files are kept: the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "veristake" / "circuits"


async def obtain(pinned: PinnedCircuit, cache: Path, fetch: Fetch) -> tuple[Path, CircuitManifest]:
    """The circuit's files and manifest.

    Args:
        pinned: what the caller knows.
        cache: folder in which each circuit gets a folder of its own.
        fetch: gets what is missing.

    Returns:
        The folder, and what the circuit is.

    Raises:
        CircuitFilesError: a file is not the pinned one, or the manifest contradicts the pinned settings.
    """
    hashes = (pinned.circuit_id, pinned.settings_hash, pinned.srs_hash)
    directory = cache / "-".join(digest[2:18] for digest in hashes)
    paths = CircuitPaths(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, expected in zip((paths.verifying_key, paths.settings, paths.srs), hashes, strict=True):
            if not path.is_file() or sha256_file(path) != expected:
                _write(path, await fetch(path.name))
            if sha256_file(path) != expected:
                path.unlink()
                raise CircuitFilesError(
                    f"{path.name} of the API has not the pinned sha256 {expected}",
                    remedy="Correct the pins, or do not use this API",
                )
        content = await fetch(paths.manifest.name)
        manifest = CircuitManifest.model_validate_json(content)
        check_manifest(manifest, pinned, paths.settings.read_text("utf-8"))
        _write(paths.manifest, content)
    except OSError as error:
        raise CircuitFilesError(
            f"{directory} cannot be written: {error.strerror}", remedy="Choose another folder with cache="
        ) from error
    except (ValidationError, ValueError, KeyError, CircuitError) as error:
        raise CircuitFilesError(f"circuit.json of the API is not understood: {type(error).__name__}") from error
    return directory, manifest


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also with several processes."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
