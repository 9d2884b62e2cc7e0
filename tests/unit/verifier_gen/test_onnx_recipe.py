"""Names, recipes and run arguments without EZKL."""

import shutil
import tomllib
from pathlib import Path

import pytest

from statements.errors import CircuitError, ConfigurationError
from statements.instances import InstanceLayout
from verifier_gen import build
from verifier_gen.arguments import RESERVED_ROWS, Probe, sample_inputs
from verifier_gen.build import recipe_hash
from verifier_gen.choices import VerifierKind
from verifier_gen.manifest import CircuitManifest
from verifier_gen.onnx_recipe import circuit_name, write_recipe
from verifier_gen.prover import input_data
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.solidity import read_vka


@pytest.mark.parametrize(
    ("file", "name"), [("Loan-Health v2.onnx", "loan_health_v2"), ("2024_net.onnx", "net"), ("a.b.onnx", "a_b")]
)
def test_circuit_name_comes_from_the_file(file: str, name: str) -> None:
    assert circuit_name(Path(file)) == name


def test_circuit_name_without_a_letter_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="makes no name"):
        circuit_name(Path("123.onnx"))


def test_write_recipe_reads_back_equal(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "tiny.toml")
    write_recipe(recipe, tmp_path / "again.toml")
    assert load_recipe(tmp_path / "again.toml") == recipe


def test_write_recipe_network_beside_it_is_named_without_folder(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").touch()
    recipe = load_recipe(RECIPES / "tiny.toml").model_copy(update={"onnx": tmp_path / "net.onnx"})
    write_recipe(recipe, tmp_path / "net.toml")
    assert tomllib.loads((tmp_path / "net.toml").read_text())["onnx"] == "net.onnx"


@pytest.mark.parametrize(
    ("rows", "base", "lookups", "logrows"),
    [
        (100, 64, None, 8),
        (256 - RESERVED_ROWS, 64, None, 8),
        (257 - RESERVED_ROWS, 64, None, 9),
        (100, 16384, None, 15),
        (100, 64, (-1000, 1000), 11),
    ],
)
def test_probe_logrows_holds_rows_range_check_and_table(
    rows: int, base: int, lookups: tuple[int, int] | None, logrows: int
) -> None:
    assert Probe(base, 2, rows, lookups).logrows == logrows


def test_sample_inputs_reach_the_corners_and_fill_the_tag() -> None:
    recipe = load_recipe(RECIPES / "tiny.toml")
    one = 1 << recipe.input_scale
    samples = sample_inputs(recipe)
    assert samples == sample_inputs(recipe)
    assert ((one,) * 32, ((1 << recipe.tag_limb_bits) - 1,) * 8) in samples
    assert all(abs(value) <= one for sample in samples for value in sample[0])
    untagged = recipe.model_copy(update={"tag_limbs": 0})
    assert all(len(sample) == 1 for sample in sample_inputs(untagged))


def test_input_data_circuit_without_tag_has_one_group() -> None:
    layout = InstanceLayout(
        input_count=2, tag_limbs=0, tag_limb_bits=1, output_count=1, input_scale_bits=4, output_scale_bits=4
    )
    assert len(input_data(layout, [1, 2], 0)["input_data"]) == 1


def test_read_vka_takes_whole_words_only(tmp_path: Path) -> None:
    path = tmp_path / "vka.bin"
    path.write_bytes((2).to_bytes(8, "little") + bytes(31) + b"\x01" + bytes(31) + b"\x02")
    assert [word[-1] for word in read_vka(path)] == [1, 2]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CircuitError, match="is not a VKA"):
        read_vka(path)


@pytest.mark.parametrize("changed", ["vanishing_columns.py", "graph/unroll.py"])
def test_generator_hash_follows_the_generators_code(changed: str, tmp_path: Path) -> None:
    package = Path(build.__file__).parent
    copy = tmp_path / "verifier_gen"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert build.generator_hash(copy) == build.generator_hash()
    build.generator_hash.cache_clear()
    with (copy / changed).open("a", encoding="utf-8") as module:
        module.write("# another generator\n")
    assert build.generator_hash(copy) != build.generator_hash()


def test_recipe_hash_other_generator_builds_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load_recipe(RECIPES / "tiny.toml")
    before = recipe_hash(recipe)
    monkeypatch.setattr(build, "generator_hash", lambda: "another")
    assert recipe_hash(recipe) != before


def test_recipe_hash_follows_what_decides_the_circuit() -> None:
    recipe = load_recipe(RECIPES / "tiny.toml")
    assert recipe_hash(recipe) == recipe_hash(load_recipe(RECIPES / "tiny.toml"))
    assert recipe_hash(recipe) != recipe_hash(recipe.model_copy(update={"param_scale": 9}))
    assert recipe_hash(recipe) != recipe_hash(recipe.model_copy(update={"prepare": True}))


def test_manifest_of_an_earlier_build_is_read_with_its_new_fields_empty() -> None:
    digest = "0x" + "00" * 32
    hashes = {name: digest for name in CircuitManifest.model_fields if name.endswith("_hash")}
    optional = {"given_onnx_hash", "vka_hash"}
    manifest = CircuitManifest(
        **{name: value for name, value in hashes.items() if name not in optional},
        name="old",
        model_name="old/1",
        model_id=digest,
        circuit_id=digest,
        layout=InstanceLayout(
            input_count=1, tag_limbs=1, tag_limb_bits=8, output_count=1, input_scale_bits=8, output_scale_bits=8
        ),
        maximum_duration=1,
        dev_srs=True,
        logrows=8,
        rows=1,
        proof_bytes=1,
        verifier_contract="Old",
        ezkl_version="23.0.5",
    )
    assert manifest.chain is None
    assert manifest.correctness is None
    assert manifest.verifier_kind is VerifierKind.MONOLITHIC
