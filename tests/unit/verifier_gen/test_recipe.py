"""Recipes, the template's rename and proof input files."""

from pathlib import Path

import pytest

from statements.errors import CircuitError, ConfigurationError
from statements.instances import InstanceLayout
from verifier_gen.circuit import read_manifest
from verifier_gen.prover import input_data
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.solidity import rename_contract

LAYOUT = InstanceLayout(
    input_count=2, tag_limbs=2, tag_limb_bits=4, output_count=1, input_scale_bits=4, output_scale_bits=4
)


@pytest.mark.parametrize("name", ["staking", "tiny"])
def test_load_recipe_shipped_one_names_an_existing_network(name: str) -> None:
    recipe = load_recipe(RECIPES / f"{name}.toml")
    assert recipe.onnx.is_file()
    assert recipe.inputs == 32
    # base^legs exceeds limbs at the input scale, and the tag has room for a hash
    assert recipe.decomp_base**recipe.decomp_legs >= 1 << (recipe.tag_limb_bits + recipe.input_scale)
    assert recipe.tag_limbs * recipe.tag_limb_bits >= 128


def test_load_recipe_staking_lookup_fits_the_rows() -> None:
    recipe = load_recipe(RECIPES / "staking.toml")
    lowest, highest = recipe.lookup_range
    assert highest - lowest < 1 << recipe.logrows


def test_load_recipe_missing_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.toml does not exist"):
        load_recipe(tmp_path / "nothing.toml")


def test_load_recipe_not_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("= 5")
    with pytest.raises(ConfigurationError, match="is not TOML"):
        load_recipe(tmp_path / "r.toml")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("logrows = 11", "logrows = 40", "logrows"), ("inputs = 32\n", "", "inputs"), ("name =", "nom =", "name")],
)
def test_load_recipe_bad_field_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    text = (RECIPES / "tiny.toml").read_text().replace(old, new, 1)
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=field):
        load_recipe(tmp_path / "r.toml")


def test_rename_contract_once_is_renamed() -> None:
    assert rename_contract("contract Halo2Verifier {", "TinyVerifier") == "contract TinyVerifier {"


@pytest.mark.parametrize("source", ["contract Other {", "contract Halo2Verifier { Halo2Verifier x; }"])
def test_rename_contract_changed_template_is_refused(source: str) -> None:
    with pytest.raises(CircuitError, match="template has changed"):
        rename_contract(source, "TinyVerifier")


def test_input_data_integers_become_little_endian_field_elements() -> None:
    data = input_data(LAYOUT, [1, -1], 0x21)["input_data"]
    assert data[0][0] == "01" + "00" * 31
    assert data[0][1] == "000000f093f5e1439170b97948e833285d588181b64550b829a031e1724e6430"
    assert data[1] == ["01" + "00" * 31, "02" + "00" * 31]


def test_input_data_tag_too_long_is_refused() -> None:
    with pytest.raises(CircuitError, match="does not fit"):
        input_data(LAYOUT, [1, 2], 256)


def test_read_manifest_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CircuitError, match=r"has no circuit\.json"):
        read_manifest(tmp_path)


def test_read_manifest_malformed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "circuit.json").write_text("{}")
    with pytest.raises(CircuitError, match="not a circuit manifest"):
        read_manifest(tmp_path)
