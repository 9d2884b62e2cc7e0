"""Ceremonies' files: sound ones come through unchanged, each kind of unsound one is refused for its own reason."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from statements.errors import CircuitError
from tests.unit.verifier_gen.srs_files import (
    LOGROWS,
    TAU,
    encode,
    encode_multiples,
    g2_outside_the_group,
    known_string,
    ptau_bytes,
    with_point,
    with_power,
    written,
)
from verifier_gen.srs.bn254 import BASE_MODULUS, SCALAR_MODULUS, root_of_unity
from verifier_gen.srs.ceremonies import _HALO2_SHA256, _HERMEZ_BLAKE2B, FileDigests
from verifier_gen.srs.checks import check_reference_string
from verifier_gen.srs.importer import import_srs, read_srs
from verifier_gen.srs.provenance import choose_srs, provenance_path, read_provenance
from verifier_gen.srs.ptau import SNARKJS_GENERATOR
from verifier_gen.srs.reference_string import ReferenceString


@pytest.fixture(scope="module")
def sound() -> ReferenceString:
    return known_string()


@pytest.fixture(scope="module")
def ptau() -> bytes:
    return ptau_bytes()


@pytest.fixture(scope="module")
def imported(sound: ReferenceString, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SRS that nobody vouches for."""
    folder = tmp_path_factory.mktemp("imported")
    return import_srs(written(sound, folder), folder / "srs", None, None)[0]


def test_import_srs_halo2_form_is_written_as_it_was(sound: ReferenceString, imported: Path, tmp_path: Path) -> None:
    assert imported.read_bytes() == written(sound, tmp_path).read_bytes()
    provenance = read_provenance(imported)
    assert (provenance.logrows, provenance.ceremony, provenance.is_trusted) == (LOGROWS, None, False)


def test_import_srs_ptau_form_gives_the_same_file_as_halo2_form(
    sound: ReferenceString, ptau: bytes, tmp_path: Path
) -> None:
    source = tmp_path / "ceremony.ptau"
    source.write_bytes(ptau)
    path, _ = import_srs(source, tmp_path / "srs", None, None)
    assert path.read_bytes() == written(sound, tmp_path).read_bytes()


@pytest.mark.parametrize("form", ["halo2", "ptau"])
def test_import_srs_smaller_size_is_the_string_of_that_size(
    sound: ReferenceString, ptau: bytes, tmp_path: Path, form: str
) -> None:
    source = tmp_path / "ceremony.ptau"
    source.write_bytes(ptau)
    if form == "halo2":
        source = written(sound, tmp_path)
    path, _ = import_srs(source, tmp_path / "srs", LOGROWS - 1, None)
    assert path.read_bytes() == written(known_string(logrows=LOGROWS - 1), tmp_path).read_bytes()


def _off_curve(srs: ReferenceString) -> ReferenceString:
    return with_power(srs, 3, encode(5, 6))


def _unreduced(srs: ReferenceString) -> ReferenceString:
    raw = int.from_bytes(srs.powers[64 * 3 : 64 * 3 + 32], "little") + BASE_MODULUS
    return with_power(srs, 3, raw.to_bytes(32, "little") + srs.powers[64 * 3 + 32 : 64 * 4])


def _identity(srs: ReferenceString) -> ReferenceString:
    return with_power(srs, 3, bytes(64))


def _replaced_power(srs: ReferenceString) -> ReferenceString:
    return with_power(srs, 3, encode_multiples([12345]))


def _last_power(srs: ReferenceString) -> ReferenceString:
    return with_power(srs, (1 << LOGROWS) - 1, encode_multiples([12345]))


def _other_generator(srs: ReferenceString) -> ReferenceString:
    doubled = encode_multiples([2 * pow(TAU, i, SCALAR_MODULUS) % SCALAR_MODULUS for i in range(1 << LOGROWS)])
    return replace(srs, powers=doubled)


def _other_tau_in_g2(srs: ReferenceString) -> ReferenceString:
    return replace(srs, tau_g2=known_string(TAU + 1, 1).tau_g2)


def _g2_off_curve(srs: ReferenceString) -> ReferenceString:
    return replace(srs, tau_g2=encode(1, 2, 3, 4))


def _g2_outside(srs: ReferenceString) -> ReferenceString:
    return replace(srs, tau_g2=g2_outside_the_group())


def _g2_generator(srs: ReferenceString) -> ReferenceString:
    return replace(srs, g2=srs.tau_g2)


def _trivial_tau(srs: ReferenceString) -> ReferenceString:
    return replace(srs, powers=encode_multiples([1] * (1 << LOGROWS)), tau_g2=srs.g2)


def _tau_in_the_domain(srs: ReferenceString) -> ReferenceString:
    root = root_of_unity(LOGROWS, 7)
    unit = [0] * (1 << LOGROWS)
    unit[1] = 1
    powers = encode_multiples([pow(root, i, SCALAR_MODULUS) for i in range(1 << LOGROWS)])
    return replace(srs, powers=powers, lagrange=encode_multiples(unit), tau_g2=known_string(root, 0).tau_g2)


def _snarkjs_order(srs: ReferenceString) -> ReferenceString:
    return replace(srs, lagrange=known_string(generator=SNARKJS_GENERATOR).lagrange)


def _lagrange_off_curve(srs: ReferenceString) -> ReferenceString:
    return replace(srs, lagrange=with_point(srs.lagrange or b"", 2, encode(5, 6)))


@pytest.mark.parametrize(
    ("corrupt", "reason"),
    [
        (_off_curve, "tau in G1: point 3 is not on the curve"),
        (_unreduced, "tau in G1: coordinate 6 is not below"),
        (_identity, "tau in G1: point 3 is not on the curve"),
        (_replaced_power, "not successive powers of one tau"),
        (_last_power, "not successive powers of one tau"),
        (_other_generator, "does not begin with the generator"),
        (_other_tau_in_g2, "not successive powers of one tau"),
        (_g2_off_curve, "not in the group of order r"),
        (_g2_outside, "not in the group of order r"),
        (_g2_generator, "tau in G2 does not begin with the generator"),
        (_trivial_tau, "tau is trivial"),
        (_tau_in_the_domain, "the Lagrange basis: point 0 is not on the curve"),
        (_snarkjs_order, "Lagrange basis is not that of its powers"),
        (_lagrange_off_curve, "the Lagrange basis: point 2 is not on the curve"),
    ],
)
def test_check_reference_string_corrupted_names_what_is_wrong(
    sound: ReferenceString, corrupt: Callable[[ReferenceString], ReferenceString], reason: str
) -> None:
    with pytest.raises(CircuitError, match=reason):
        check_reference_string(corrupt(sound))


def test_g2_outside_the_group_is_on_the_curve() -> None:
    from py_ecc import optimized_bn128 as bn128

    from tests.unit.verifier_gen.srs_files import decoded

    x0, x1, y0, y1 = decoded(g2_outside_the_group())
    point = (bn128.FQ2([x0, x1]), bn128.FQ2([y0, y1]), bn128.FQ2.one())  # type: ignore[attr-defined]
    assert bn128.is_on_curve(point, bn128.b2)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c[:-1], "not a whole SRS"),
        (lambda c: c + bytes(1), "not a whole SRS"),
        (lambda c: b"", "not a whole SRS"),
        (lambda c: b"\x1d" + c[1:], "not a whole SRS"),
    ],
    ids=["cut", "longer", "empty", "other k"],
)
def test_read_srs_halo2_form_of_wrong_size_is_refused(
    sound: ReferenceString, tmp_path: Path, change: Callable[[bytes], bytes], reason: str
) -> None:
    source = written(sound, tmp_path)
    source.write_bytes(change(source.read_bytes()))
    with pytest.raises(CircuitError, match=reason):
        read_srs(source, None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: ptau_bytes(prepared=False), "not prepared for phase 2"),
        (lambda: ptau_bytes(modulus=BASE_MODULUS - 2), "of another curve"),
        (lambda: ptau_bytes()[:-1], "cut short or malformed"),
        (lambda: ptau_bytes()[:3000], "cut short or malformed"),
        (lambda: ptau_bytes()[:10], "not a .ptau file of version 1"),
        (lambda: ptau_bytes().replace(b"ptau\1", b"ptau\2"), "not a .ptau file of version 1"),
    ],
    ids=["not prepared", "other curve", "cut at the end", "cut amid", "cut header", "version 2"],
)
def test_read_srs_ptau_malformed_is_refused(tmp_path: Path, content: Callable[[], bytes], reason: str) -> None:
    source = tmp_path / "ceremony.ptau"
    source.write_bytes(content())
    with pytest.raises(CircuitError, match=reason):
        read_srs(source, None)


@pytest.mark.parametrize("form", ["halo2", "ptau"])
def test_read_srs_larger_size_than_the_file_names_both(
    sound: ReferenceString, ptau: bytes, tmp_path: Path, form: str
) -> None:
    source = tmp_path / "ceremony.ptau"
    source.write_bytes(ptau)
    if form == "halo2":
        source = written(sound, tmp_path)
    with pytest.raises(CircuitError, match=r"holds 2\^6 powers of tau, k=7 was asked for"):
        read_srs(source, LOGROWS + 1)


def test_import_srs_digest_named_by_the_operator_is_trusted(sound: ReferenceString, tmp_path: Path) -> None:
    source = written(sound, tmp_path)
    digest = hashlib.blake2b(source.read_bytes()).hexdigest()
    path, provenance = import_srs(source, tmp_path / "srs", None, "0x" + digest)
    assert provenance.trusted_by_operator
    chosen = choose_srs(LOGROWS, tmp_path, path)
    assert not chosen.is_dev
    assert chosen.source.startswith("unknown ceremony, trusted by the operator; sha256 ")


def test_import_srs_other_digest_than_named_is_refused(sound: ReferenceString, tmp_path: Path) -> None:
    with pytest.raises(CircuitError, match="not 0000"):
        import_srs(written(sound, tmp_path), tmp_path / "srs", None, "00" * 32)
    assert not (tmp_path / "srs").exists()


def test_choose_srs_unknown_ceremony_is_for_local_chains(imported: Path, tmp_path: Path) -> None:
    assert choose_srs(LOGROWS, tmp_path, imported).is_dev


def test_choose_srs_changed_missing_or_other_size_is_refused(imported: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(imported.parent, tmp_path / "srs")) / imported.name
    with pytest.raises(CircuitError, match="is of k=6, the circuit needs k=11"):
        choose_srs(11, tmp_path, path)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(CircuitError, match="its manifest says"):
        choose_srs(LOGROWS, tmp_path, path)
    provenance_path(path).unlink()
    with pytest.raises(CircuitError, match="was not imported here"):
        choose_srs(LOGROWS, tmp_path, path)


def test_ceremony_published_digests_are_known() -> None:
    assert sorted(_HALO2_SHA256.values()) == list(range(1, 27))
    assert sorted(_HERMEZ_BLAKE2B.values()) == list(range(8, 29))
    assert {len(digest) for digest in _HERMEZ_BLAKE2B} == {128}
    known = next(iter(_HERMEZ_BLAKE2B))
    assert FileDigests(sha256="00", blake2b=known).ceremony == "perpetual powers of tau with Hermez' beacon, power 8"
    assert FileDigests(sha256="00", blake2b="00").ceremony is None
