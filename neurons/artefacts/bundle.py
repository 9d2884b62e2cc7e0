"""A bundle lists the files of one circuit by name, sha256 and size; the bundle's own sha256 names the circuit's files.

``circuit.json``, one of the files, names the others' hashes too, so that a fetched circuit is checked twice.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from statements.errors import VeristakeError
from statements.quantities import Hash32
from statements.traveller import Traveller
from verifier_gen.circuit import Circuit
from verifier_gen.manifest import sha256_file

MAXIMUM_BUNDLE_BYTES = 16 * 1024
MAXIMUM_FILE_BYTES = 16 * 1024**3
"""The peer's largest proving key takes 5 GB (docs/circuits.md)."""


class FileName(StrEnum):
    """Files that a circuit's folder may hold; no other name is ever written."""

    MANIFEST = "circuit.json"
    ONNX = "network.onnx"
    SETTINGS = "settings.json"
    COMPILED = "circuit.ezkl"
    VERIFYING_KEY = "verifying.key"
    PROVING_KEY = "proving.key"
    SRS = "srs.bin"
    VERIFIER_SOURCE = "verifier.sol"
    VKA = "vka.bin"


class ArtefactError(VeristakeError):
    """An artefact cannot be had, or is not what its hash says."""


class MalformedBundleError(ArtefactError):
    """What has the hash asked for is no bundle."""


class BundleFile(Traveller):
    """One file.

    Attributes:
        name: in the circuit's folder.
        sha256: of its content.
        size: bytes.
    """

    name: FileName
    sha256: Hash32
    size: Annotated[int, Field(ge=0, le=MAXIMUM_FILE_BYTES)]


class Bundle(Traveller):
    """The files of one circuit.

    Attributes:
        circuit_id: sha256 of its verifying key.
        files: each once.
    """

    circuit_id: Hash32
    files: tuple[BundleFile, ...] = Field(min_length=1, max_length=len(FileName))

    @model_validator(mode="after")
    def _each_once_and_the_key_is_the_circuit(self) -> Bundle:
        hashes = {file.name: file.sha256 for file in self.files}
        if len(hashes) != len(self.files):
            raise ValueError("a file is listed twice")
        if hashes.get(FileName.VERIFYING_KEY) != self.circuit_id:
            raise ValueError(f"the verifying key is not that of circuit {self.circuit_id}")
        return self

    @property
    def total_bytes(self) -> int:
        """Size of all files."""
        return sum(file.size for file in self.files)

    def content(self) -> bytes:
        """The bytes that travel and are hashed."""
        return self.to_json().encode()

    @property
    def bundle_hash(self) -> str:
        """sha256 of the content, 0x-hex."""
        return hash_of(self.content())


def hash_of(content: bytes) -> str:
    """sha256, 0x-hex."""
    return "0x" + hashlib.sha256(content).hexdigest()


def bundle_of(circuit: Circuit) -> Bundle:
    """The bundle of an opened circuit, whose hashes have been checked.

    Raises:
        ArtefactError: a file has gone since.
    """
    manifest, directory = circuit.manifest, circuit.directory
    hashes = {
        FileName.MANIFEST: sha256_file(circuit.paths.manifest),
        FileName.ONNX: manifest.onnx_hash,
        FileName.SETTINGS: manifest.settings_hash,
        FileName.COMPILED: manifest.compiled_hash,
        FileName.VERIFYING_KEY: manifest.verifying_key_hash,
        FileName.PROVING_KEY: manifest.proving_key_hash,
        FileName.SRS: manifest.srs_hash,
        FileName.VERIFIER_SOURCE: manifest.verifier_source_hash,
    }
    if manifest.vka_hash is not None:
        hashes[FileName.VKA] = manifest.vka_hash
    files = tuple(BundleFile(name=name, sha256=digest, size=_size(directory / name)) for name, digest in hashes.items())
    return Bundle(circuit_id=manifest.circuit_id, files=files)


def read_bundle(content: bytes) -> Bundle:
    """The bundle in bytes whose hash has been checked.

    Raises:
        MalformedBundleError: they are no bundle.
    """
    try:
        return Bundle.model_validate_json(content)
    except ValidationError as error:
        raise MalformedBundleError(
            f"artefact {hash_of(content)} is no bundle of a circuit: {error.errors()[0]['msg']}",
            remedy="Ask whoever gave you the hash; `veristake miner status` names the hashes of a miner's bundles",
        ) from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ArtefactError(f"circuit file {path} cannot be read", remedy="Restore it") from error
