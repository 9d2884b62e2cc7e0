"""A circuit by the hash of its bundle: fetched, checked file by file and as a whole, kept in the cache."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import structlog

from neurons.artefacts.bundle import (
    MAXIMUM_BUNDLE_BYTES,
    ArtefactError,
    Bundle,
    BundleFile,
    FileName,
    read_bundle,
)
from neurons.artefacts.cache import CircuitCache
from neurons.artefacts.source import Sources, fetch_bytes, fetch_file
from statements.errors import CircuitError
from verifier_gen.circuit import Circuit, open_circuit

_log = structlog.get_logger(__name__)
_NEEDED = frozenset(FileName) - {FileName.VKA}


async def fetch_circuit(bundle_hash: str, urls: Sequence[str], cache: CircuitCache) -> Circuit:
    """The circuit of a bundle, from the cache or from the first source that gives it.

    A fetch that was cut off goes on where it stopped, also after its process was killed. A circuit that was damaged in
    the cache is fetched again.

    Args:
        bundle_hash: sha256 of the bundle, 0x-hex.
        urls: base URLs of sources, asked in turn for each file; one that lies is left and named in the log.
        cache: where the circuit is kept, and from where it is not evicted while this process runs.

    Raises:
        ArtefactError: no source gave it, it does not fit into the cache, or the cache cannot be written.
        CircuitError: the files are no circuit that this release can use.
    """
    if cache.find(bundle_hash) is not None:
        try:
            return await asyncio.to_thread(open_circuit, cache.use(bundle_hash), with_proving_key=True)
        except CircuitError as error:
            # damaged on this disk: the sources have it whole
            _log.warning("circuit_damaged", bundle=bundle_hash, reason=error.message)
            cache.set_aside(bundle_hash)
    if cache.find(bundle_hash) is None:
        with cache.staging(bundle_hash) as folder:
            # another process may have been quicker
            if cache.find(bundle_hash) is None:
                sources = Sources(urls)
                bundle = await fetch_bundle(bundle_hash, sources, folder)
                _require_files(bundle)
                gone = cache.make_room(bundle.total_bytes)
                await fetch_files(bundle.files, sources, folder)
                circuit = open_circuit(folder, with_proving_key=True)
                _require_same(bundle, circuit)
                cache.commit(bundle, folder)
                _log.info("circuit_fetched", bundle=bundle_hash, bytes=bundle.total_bytes, evicted=list(gone))
            else:
                folder.rmdir()
    return await asyncio.to_thread(open_circuit, cache.use(bundle_hash), with_proving_key=True)


async def fetch_bundle(bundle_hash: str, sources: Sources, folder: Path) -> Bundle:
    """The list of a circuit's files.

    Args:
        bundle_hash: sha256 of the bundle, 0x-hex.
        sources: asked one after the other.
        folder: that may be written.

    Raises:
        NoSourceError: no source gave it.
        MalformedBundleError: what has this hash is no bundle.
        ArtefactError: the folder cannot be written.
    """
    return read_bundle(await fetch_bytes(sources, bundle_hash, MAXIMUM_BUNDLE_BYTES, folder / "bundle.fetched"))


async def fetch_files(files: Iterable[BundleFile], sources: Sources, folder: Path) -> None:
    """Files of a bundle, the smallest first; one that is there whole is not fetched again.

    Raises:
        NoSourceError: no source gave one of them.
        ArtefactError: the folder cannot be written.
    """
    for file in sorted(files, key=_size):
        await fetch_file(sources, file.sha256, file.size, folder / file.name)


def _size(file: BundleFile) -> int:
    return file.size


def _require_files(bundle: Bundle) -> None:
    missing = _NEEDED - {file.name for file in bundle.files}
    if missing:
        raise ArtefactError(
            f"bundle {bundle.bundle_hash} lacks {', '.join(sorted(missing))}", remedy="Ask whoever made it"
        )


def _require_same(bundle: Bundle, circuit: Circuit) -> None:
    if circuit.manifest.circuit_id != bundle.circuit_id:
        raise ArtefactError(
            f"bundle {bundle.bundle_hash} claims circuit {bundle.circuit_id}, "
            f"its files are circuit {circuit.manifest.circuit_id}",
            remedy="Ask whoever made it",
        )
