"""A built circuit on disk, opened only when every file is the one that its manifest names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from statements.errors import CircuitError
from verifier_gen.manifest import MANIFEST_NAME, CircuitManifest, sha256_file

EZKL_VERSION = "23.0.5"
"""The only version whose keys, proofs and template this project has been tried with."""


@dataclass(frozen=True)
class CircuitPaths:
    """Files of a circuit in its folder."""

    directory: Path

    @property
    def manifest(self) -> Path:
        """What the circuit is."""
        return self.directory / MANIFEST_NAME

    @property
    def onnx(self) -> Path:
        """The network."""
        return self.directory / "network.onnx"

    @property
    def settings(self) -> Path:
        """EZKL's settings."""
        return self.directory / "settings.json"

    @property
    def compiled(self) -> Path:
        """EZKL's compiled circuit."""
        return self.directory / "circuit.ezkl"

    @property
    def verifying_key(self) -> Path:
        """Verifying key."""
        return self.directory / "verifying.key"

    @property
    def proving_key(self) -> Path:
        """Proving key."""
        return self.directory / "proving.key"

    @property
    def srs(self) -> Path:
        """Structured reference string; a link to the cached one."""
        return self.directory / "srs.bin"

    @property
    def verifier_source(self) -> Path:
        """Generated Solidity."""
        return self.directory / "verifier.sol"

    @property
    def vka(self) -> Path:
        """Verifying key artefact; there only with a reusable verifier."""
        return self.directory / "vka.bin"


@dataclass(frozen=True)
class Circuit:
    """A circuit whose files have been checked."""

    paths: CircuitPaths
    manifest: CircuitManifest

    @property
    def directory(self) -> Path:
        """Folder of the circuit."""
        return self.paths.directory


def read_manifest(directory: Path) -> CircuitManifest:
    """The manifest in a circuit's folder.

    Raises:
        CircuitError: it is missing or malformed.
    """
    path = CircuitPaths(directory).manifest
    try:
        return CircuitManifest.model_validate_json(path.read_text("utf-8"))
    except OSError as error:
        raise CircuitError(
            f"circuit {directory} has no {MANIFEST_NAME}", remedy="Build it: veristake circuit build"
        ) from error
    except ValidationError as error:
        raise CircuitError(
            f"{path} is not a circuit manifest: {error.errors()[0]['msg']}",
            remedy="Build the circuit again: veristake circuit build",
        ) from error


def open_circuit(directory: Path, *, with_proving_key: bool = False) -> Circuit:
    """Open a circuit for verifying, or for proving as well.

    Args:
        directory: folder that ``veristake circuit build`` wrote.
        with_proving_key: also check the proving key and the Solidity, which a verifier need not hold.

    Raises:
        CircuitError: a file is missing or is not the one that the manifest names.
    """
    paths, manifest = CircuitPaths(directory), read_manifest(directory)
    if manifest.ezkl_version != EZKL_VERSION:
        raise CircuitError(
            f"circuit {directory} was built by EZKL {manifest.ezkl_version}, this is {EZKL_VERSION}",
            remedy="Build the circuit again: veristake circuit build",
        )
    expected = {
        paths.onnx: manifest.onnx_hash,
        paths.settings: manifest.settings_hash,
        paths.compiled: manifest.compiled_hash,
        paths.verifying_key: manifest.verifying_key_hash,
        paths.srs: manifest.srs_hash,
    }
    if with_proving_key:
        expected |= {
            paths.proving_key: manifest.proving_key_hash,
            paths.verifier_source: manifest.verifier_source_hash,
        }
        if manifest.vka_hash is not None:
            expected[paths.vka] = manifest.vka_hash
    for path, digest in expected.items():
        check_hash(path, digest)
    return Circuit(paths=paths, manifest=manifest)


def check_hash(path: Path, expected: str) -> None:
    """Refuse a file that is not the one a manifest names.

    Raises:
        CircuitError: it is missing or its sha256 differs.
    """
    if not path.is_file():
        raise CircuitError(f"circuit file {path} is missing", remedy="Build it: veristake circuit build")
    actual = sha256_file(path)
    if actual != expected:
        raise CircuitError(
            f"circuit file {path} has sha256 {actual[:18]}…, its manifest says {expected[:18]}…",
            remedy="It was changed or is of another build; build again: veristake circuit build",
        )
