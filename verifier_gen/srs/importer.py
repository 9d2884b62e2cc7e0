"""Import a ceremony's file: read it in either form, check it, write it for EZKL with its provenance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from statements.errors import CircuitError
from verifier_gen.manifest import sha256_file
from verifier_gen.srs.bn254 import BASE_MODULUS, g1_points, root_of_unity
from verifier_gen.srs.ceremonies import FileDigests, file_digests
from verifier_gen.srs.multi_scalar import lagrange_basis
from verifier_gen.srs.provenance import SrsProvenance, provenance_path
from verifier_gen.srs.ptau import MAGIC, read_ptau
from verifier_gen.srs.reference_string import HALO2_GENERATOR, ReferenceString, encode_coordinate, read_halo2

Progress = Callable[[str], None]


def import_srs(
    source: Path, folder: Path, logrows: int | None, trust_digest: str | None, progress: Progress = lambda _: None
) -> tuple[Path, SrsProvenance]:
    """Import an SRS into a folder of SRS files.

    Args:
        source: halo2's raw form or snarkjs' ``.ptau``.
        folder: where it goes, as ``ceremony-k<K>-<digest>.srs`` with ``.json`` beside.
        logrows: size wanted; None takes all.
        trust_digest: sha256 or blake2b-512 of ``source`` that the operator vouches for; None for nobody.
        progress: told of each step.

    Returns:
        The file and what is known of it.

    Raises:
        CircuitError: the file is malformed, is no sound SRS, is too small, or is not the one of ``trust_digest``.
    """
    progress(f"digests of {source.name}")
    digests = file_digests(source)
    _check_digest(source, digests, trust_digest)
    srs = read_srs(source, logrows)
    try:
        # imported here, so that building and proving need no pairing library
        from verifier_gen.srs.checks import check_reference_string
    except ModuleNotFoundError as error:
        raise CircuitError(
            f"checking an SRS needs {error.name}, which Ape brings along", remedy="pip install 'veristake[contracts]'"
        ) from error
    progress(f"checking 2^{srs.logrows} points and their pairing")
    check_reference_string(srs)
    if srs.lagrange is None:
        progress(f"Lagrange basis of 2^{srs.logrows}: the file has it for its own size only; minutes from k=12 on")
        srs = with_lagrange(srs)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"ceremony-k{srs.logrows}-{digests.sha256[:12]}.srs"
    partial = path.with_suffix(".partial")
    srs.write(partial)
    partial.replace(path)
    provenance = SrsProvenance(
        logrows=srs.logrows,
        srs_hash=sha256_file(path),
        source_name=source.name,
        source_sha256=digests.sha256,
        source_blake2b=digests.blake2b,
        ceremony=digests.ceremony,
        trusted_by_operator=trust_digest is not None,
    )
    provenance_path(path).write_text(provenance.model_dump_json(indent=1) + "\n", "utf-8")
    return path, provenance


def read_srs(source: Path, logrows: int | None) -> ReferenceString:
    """Read either form, told apart by the first bytes.

    Raises:
        CircuitError: it is neither, cut short, of another curve, not prepared, or too small.
    """
    with source.open("rb") as stream:
        is_ptau = stream.read(len(MAGIC)) == MAGIC
    return read_ptau(source, logrows) if is_ptau else read_halo2(source, logrows)


def with_lagrange(srs: ReferenceString) -> ReferenceString:
    """The same string with its Lagrange basis computed from its powers, which have been checked."""
    basis = lagrange_basis(g1_points(srs.powers), root_of_unity(srs.logrows, HALO2_GENERATOR))
    encoded = [encode_coordinate(value, BASE_MODULUS) for point in basis if point is not None for value in point]
    return replace(srs, lagrange=b"".join(encoded))


def _check_digest(source: Path, digests: FileDigests, trusted: str | None) -> None:
    if trusted is not None and not digests.named_by(trusted):
        raise CircuitError(
            f"{source.name} has sha256 {digests.sha256} and blake2b {digests.blake2b[:32]}…, not {trusted[:34]}",
            remedy="Download it again, or compare with what the ceremony publishes",
        )
