"""The circuits that a miner has, whether it runs or not."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from neurons.artefacts.bundle import bundle_of
from neurons.artefacts.cache import CircuitCache
from neurons.miner.holdings import MEBIBYTE
from neurons.miner.settings import MinerSettings
from verifier_gen.circuit import Circuit, CircuitPaths, read_manifest


class InventoryRow(BaseModel):
    """One circuit.

    Attributes:
        bundle: hash of its bundle.
        bytes: size of its files.
        place: ``built`` (in the settings), ``held`` (added by hash) or ``cached`` (fetched, and not held).
        directory: its folder.
    """

    model_config = ConfigDict(frozen=True)

    bundle: str
    bytes: int
    place: str
    directory: str


def inventory(settings: MinerSettings) -> tuple[InventoryRow, ...]:
    """Built circuits, then those in the cache, least recently used first; hashes of files are taken as they stand.

    Raises:
        CircuitError: a built circuit has no manifest.
        ArtefactError: a file is missing, or the list of added circuits is damaged.
    """
    rows = []
    for directory in settings.circuits:
        bundle = bundle_of(Circuit(paths=CircuitPaths(directory), manifest=read_manifest(directory)))
        rows.append(
            InventoryRow(bundle=bundle.bundle_hash, bytes=bundle.total_bytes, place="built", directory=str(directory))
        )
    cache = CircuitCache(settings.artefacts.cache, settings.artefacts.limit_mib * MEBIBYTE)
    held = cache.held()
    for each in cache.circuits():
        place = "held" if each.bundle_hash in held else "cached"
        rows.append(InventoryRow(bundle=each.bundle_hash, bytes=each.size, place=place, directory=str(each.directory)))
    return tuple(rows)
