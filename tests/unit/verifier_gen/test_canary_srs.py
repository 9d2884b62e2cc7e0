"""Whether the canary would be built over the guarded circuit's SRS: asked before anything is built."""

import hashlib

import pytest
from click.testing import CliRunner

from statements.errors import CircuitError
from statements.instances import InstanceLayout
from tests.unit.manifests import tiny_manifest
from verifier_gen.canary import require_same_srs
from verifier_gen.canary_command import canary

SRS = b"a reference string"


def guarded(**changes):
    layout = InstanceLayout(
        input_count=1, tag_limbs=1, tag_limb_bits=16, output_count=2, input_scale_bits=12, output_scale_bits=12
    )
    known = {
        "srs_source": "dev: made on this machine, trapdoor known",
        "srs_hash": "0x" + hashlib.sha256(SRS).hexdigest(),
    }
    return tiny_manifest(layout, **{**known, **changes})


def test_require_same_srs_the_circuits_own_is_taken(tmp_path):
    (tmp_path / "dev-k11.srs").write_bytes(SRS)
    require_same_srs(guarded(), tmp_path, None)
    require_same_srs(guarded(srs_source="a ceremony"), tmp_path, tmp_path / "dev-k11.srs")


def test_require_same_srs_another_file_is_named_with_both_digests(tmp_path):
    path = tmp_path / "dev-k11.srs"
    path.write_bytes(b"another")
    found = hashlib.sha256(b"another").hexdigest()[:16]
    for ceremony in (None, path):
        with pytest.raises(CircuitError, match=rf"{path} has sha256 0x{found}.*built with 0x"):
            require_same_srs(guarded(), tmp_path, ceremony)


def test_require_same_srs_missing_development_file_is_not_made_anew(tmp_path):
    with pytest.raises(CircuitError, match=r"dev-k11.srs, sha256 0x\w+…, is missing"):
        require_same_srs(guarded(), tmp_path, None)
    assert list(tmp_path.iterdir()) == []


def test_require_same_srs_ceremony_that_is_not_named_is_asked_for(tmp_path):
    with pytest.raises(CircuitError, match="an SRS that is not named here: a ceremony") as refusal:
        require_same_srs(guarded(srs_source="a ceremony"), tmp_path, None)
    assert "--ceremony-srs" in refusal.value.remedy


def test_canary_command_wrong_srs_is_refused_before_anything_is_built(tmp_path):
    circuit, out, srs = tmp_path / "circuit", tmp_path / "out", tmp_path / "srs"
    circuit.mkdir()
    srs.mkdir()
    (circuit / "circuit.json").write_text(guarded().to_json(), "utf-8")
    (srs / "dev-k11.srs").write_bytes(b"another")
    result = CliRunner().invoke(canary, [str(circuit), "--out", str(out), "--srs", str(srs)])
    assert isinstance(result.exception, CircuitError)
    assert "has sha256" in result.exception.message
    assert not out.exists()
