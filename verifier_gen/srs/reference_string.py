"""A structured reference string in memory, and halo2's file of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from statements.errors import CircuitError
from verifier_gen.srs.bn254 import COORDINATE_BYTES, G1_BYTES, G2_BYTES, TWO_ADICITY

HALO2_GENERATOR = 7
"""Non-residue whose power is halo2curves' root of unity (`bn256::Fr`)."""
_HEADER_BYTES = 4


@dataclass(frozen=True)
class ReferenceString:
    """Powers of a secret tau in halo2's point encoding (Montgomery form, little-endian), not checked yet.

    Attributes:
        logrows: log2 of the number of G1 points.
        powers: tau^i * G1, i below 2^logrows.
        lagrange: L_i(tau) * G1 over halo2's domain; None where the file has none for this size.
        g2: G2's generator.
        tau_g2: tau * G2.
    """

    logrows: int
    powers: bytes
    lagrange: bytes | None
    g2: bytes
    tau_g2: bytes

    def write(self, path: Path) -> None:
        """Write halo2's raw form, which EZKL reads.

        Raises:
            ValueError: there is no Lagrange basis.
        """
        if self.lagrange is None:
            raise ValueError("the Lagrange basis is missing")
        header = self.logrows.to_bytes(_HEADER_BYTES, "little")
        path.write_bytes(header + self.powers + self.lagrange + self.g2 + self.tau_g2)


def read_halo2(path: Path, logrows: int | None) -> ReferenceString:
    """Read halo2's raw form (`ParamsKZG::write` with `SerdeFormat::RawBytes`).

    Args:
        path: the file.
        logrows: rows wanted; fewer than the file has leaves ``lagrange`` to be computed. None takes all.

    Raises:
        CircuitError: the file is cut short, has bytes too many, or is smaller than ``logrows``.
    """
    with path.open("rb") as stream:
        held = int.from_bytes(stream.read(_HEADER_BYTES), "little")
        size = path.stat().st_size
        if not 1 <= held <= TWO_ADICITY or size != halo2_size(held):
            raise CircuitError(
                f"{path.name} is not a whole SRS in halo2's raw form: {size} bytes, header says k={held}",
                remedy="Download it again; the raw form is needed, not the processed one",
            )
        wanted = check_size(path, held, logrows)
        powers = stream.read(G1_BYTES << wanted)
        stream.seek(_HEADER_BYTES + (G1_BYTES << held))
        lagrange = stream.read(G1_BYTES << wanted) if wanted == held else None
        stream.seek(_HEADER_BYTES + 2 * (G1_BYTES << held))
        return ReferenceString(wanted, powers, lagrange, stream.read(G2_BYTES), stream.read(G2_BYTES))


def halo2_size(logrows: int) -> int:
    """Bytes of halo2's raw form."""
    return _HEADER_BYTES + 2 * (G1_BYTES << logrows) + 2 * G2_BYTES


def check_size(path: Path, held: int, wanted: int | None) -> int:
    """The size to take from a file of 2^held.

    Raises:
        CircuitError: the file has less than ``wanted``.
    """
    if wanted is not None and wanted > held:
        raise CircuitError(
            f"{path.name} holds 2^{held} powers of tau, k={wanted} was asked for",
            remedy=f"Take a file of at least 2^{wanted}, or a circuit of at most k={held}",
        )
    return held if wanted is None else wanted


def point(content: bytes, place: int) -> bytes:
    """The G1 point at a place, as it stands."""
    return content[place * G1_BYTES : (place + 1) * G1_BYTES]


def encode_coordinate(value: int, modulus: int) -> bytes:
    """A coordinate's Montgomery form, little-endian."""
    return ((value << 256) % modulus).to_bytes(COORDINATE_BYTES, "little")
