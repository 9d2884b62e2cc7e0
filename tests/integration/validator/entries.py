"""Entries to competitions, honest and hostile, as files that are served by their hashes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi.responses import Response

from neurons.artefacts.bundle import Bundle, BundleFile, FileName
from neurons.artefacts.cache import CircuitCache
from neurons.artefacts.serving import ARTEFACTS_PATH
from neurons.messages import CompetitionEntry
from neurons.validator.entries.admission import EntryAdmission, EntryLimits
from neurons.validator.entries.store import EntryStore
from tests.integration.neurons.parts import serving
from verifier_gen.circuit import Circuit
from verifier_gen.limited import ProcessLimits

MEBIBYTE = 1024**2
DAY = 86_400.0


class Offered:
    """Files that a miner serves; whatever it likes, under hashes that are right unless told otherwise."""

    def __init__(self, circuit: Circuit) -> None:
        self.files = {name: (circuit.directory / name).read_bytes() for name in FileName if name is not FileName.VKA}
        self.circuit_id = circuit.manifest.circuit_id
        self.lies: dict[str, bytes] = {}
        self.asked: list[str] = []

    def replace(self, name: FileName, content: bytes) -> Offered:
        self.files[name] = content
        return self

    def edit(self, name: FileName, old: str, new: str) -> Offered:
        text = self.files[name].decode()
        assert old in text
        return self.replace(name, text.replace(old, new).encode())

    def with_key(self, key: bytes) -> Offered:
        self.circuit_id = _hash(key)
        return self.replace(FileName.VERIFYING_KEY, key)

    @property
    def bundle(self) -> Bundle:
        listed = (BundleFile(name=name, sha256=_hash(data), size=len(data)) for name, data in self.files.items())
        return Bundle(circuit_id=self.circuit_id, files=tuple(listed))

    def entry(self, **fields: Any) -> CompetitionEntry:
        named = {
            "competition_id": "staking",
            "nonce": "0x" + "00" * 32,
            "circuit_id": self.circuit_id,
            "bundle": self.bundle.bundle_hash,
            "sources": (),
        }
        return CompetitionEntry(**(named | fields))

    def app(self) -> FastAPI:
        app = FastAPI()
        by_hash = {_hash(data): data for data in (*self.files.values(), self.bundle.content())}
        by_hash |= self.lies

        @app.get(ARTEFACTS_PATH + "{sha256}")
        def file(sha256: str) -> Response:
            self.asked.append(sha256)
            if sha256 not in by_hash:
                raise HTTPException(404)
            return Response(by_hash[sha256])

        return app

    @contextmanager
    def served(self) -> Iterator[str]:
        with serving(self.app()) as url:
            yield url


def _hash(data: bytes) -> str:
    return "0x" + hashlib.sha256(data).hexdigest()


def admission(
    folder: Path,
    store: EntryStore,
    *,
    largest: int = 64 * MEBIBYTE,
    seconds: float = 60.0,
    memory: int = 1024 * MEBIBYTE,
    change: float = DAY,
) -> EntryAdmission:
    """What a validator gets entries with."""
    limits = EntryLimits(largest, 30.0, change, ProcessLimits(seconds, memory))
    return EntryAdmission(CircuitCache(folder, 256 * MEBIBYTE), limits, store)


def damaged(folder: Path) -> None:
    """Change a fetched circuit on the disk."""
    for circuit in folder.glob("0x*"):
        if circuit.is_dir() and not circuit.suffix:
            shutil.copyfile(circuit / FileName.ONNX, circuit / FileName.VERIFYING_KEY)
