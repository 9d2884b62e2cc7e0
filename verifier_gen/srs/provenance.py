"""Where an SRS file comes from: written beside it, and from there into the circuit's manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from statements.errors import CircuitError
from statements.quantities import Hash32
from statements.traveller import Traveller
from verifier_gen.circuit import check_hash
from verifier_gen.srs.development import dev_srs

DEV_SOURCE = "dev: made on this machine, trapdoor known"


class SrsProvenance(Traveller):
    """What is known of an imported SRS.

    Attributes:
        logrows: log2 of its size.
        srs_hash: sha256 of the file that EZKL reads.
        source_name: name of the file that was imported.
        source_sha256: its sha256, hex.
        source_blake2b: its blake2b-512, hex.
        ceremony: the public ceremony whose published file it is; None when its digest is not known here.
        trusted_by_operator: whoever imported it named its digest and so vouches for the ceremony.
    """

    logrows: int = Field(ge=1, le=28)
    srs_hash: Hash32
    source_name: str
    source_sha256: str
    source_blake2b: str
    ceremony: str | None
    trusted_by_operator: bool

    @property
    def is_trusted(self) -> bool:
        """Whether circuits over it may leave local chains."""
        return self.ceremony is not None or self.trusted_by_operator

    @property
    def summary(self) -> str:
        """One line for the manifest."""
        if self.ceremony is not None:
            return f"{self.ceremony}; sha256 {self.source_sha256}"
        by = "trusted by the operator" if self.trusted_by_operator else "trusted by nobody"
        return f"unknown ceremony, {by}; sha256 {self.source_sha256}"


@dataclass(frozen=True)
class ChosenSrs:
    """The SRS that a circuit is built with.

    Attributes:
        path: file for EZKL.
        is_dev: its trapdoor is, or may be, known: local chains only.
        source: where it comes from, for the manifest.
    """

    path: Path
    is_dev: bool
    source: str


def choose_srs(logrows: int, cache: Path, imported: Path | None) -> ChosenSrs:
    """The imported SRS where one is given, a development one otherwise.

    Args:
        logrows: size that the circuit needs.
        cache: folder of development ones.
        imported: file that ``veristake circuit srs import`` wrote.

    Raises:
        CircuitError: the imported one is of another size, was changed, or has no provenance beside it.
    """
    if imported is None:
        return ChosenSrs(dev_srs(logrows, cache), is_dev=True, source=DEV_SOURCE)
    provenance = read_provenance(imported)
    if provenance.logrows != logrows:
        raise CircuitError(
            f"SRS {imported.name} is of k={provenance.logrows}, the circuit needs k={logrows}",
            remedy=f"Import it with --k {logrows}",
        )
    check_hash(imported, provenance.srs_hash)
    return ChosenSrs(imported, is_dev=not provenance.is_trusted, source=provenance.summary)


def provenance_path(srs: Path) -> Path:
    """Where the provenance of an SRS file stands."""
    return srs.with_name(srs.name + ".json")


def read_provenance(srs: Path) -> SrsProvenance:
    """The provenance beside an imported SRS.

    Raises:
        CircuitError: there is none, or it is malformed.
    """
    path = provenance_path(srs)
    try:
        return SrsProvenance.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise CircuitError(
            f"SRS {srs} was not imported here: {path.name} is missing or malformed",
            remedy="Import it: veristake circuit srs import FILE",
        ) from error
