"""The second model from ONNX to a verified proof: built by the command, verified off and on a chain, and attacked."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from statements.errors import CircuitError
from statements.quantities import FIELD_MODULUS
from tests.integration.conftest import PROJECT
from verifier_gen import prover
from verifier_gen.build import BuildOptions, ensure_circuit
from verifier_gen.chain.anvil import running_anvil
from verifier_gen.chain.compiler import CompiledVerifier, compile_verifier, without_metadata
from verifier_gen.chain.measure import ChainTools, find_chain_tools, fitting_verifier, measure_on_chain
from verifier_gen.chain.verification import verify_on_chain
from verifier_gen.choices import ChainLayout, VerifierKind
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.graph.errors import NetworkError
from verifier_gen.isolated import run_isolated
from verifier_gen.onnx_recipe import RunWishes, recipe_for
from verifier_gen.prover import Proof
from verifier_gen.recipe import RECIPES, load_recipe

EXAMPLE = PROJECT / "examples" / "loan_health"
HEALTHY, SHAKY = [409, -256, 0, -512, 0, 256, 0, -256], [-450, 300, -200, 500, 400, -500, 0, 300]


def build_command(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "veristake", "circuit", "build", *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def tools() -> ChainTools:
    return find_chain_tools(PROJECT)


@pytest.fixture(scope="module")
def loan_health(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    out = tmp_path_factory.mktemp("circuits")
    done = build_command(EXAMPLE / "loan_health.toml", "--out", out, "--contracts", out / "none", "--json")
    assert done.returncode == 0, done.stderr
    circuit = open_circuit(out / "loan_health", with_proving_key=True)
    assert json.loads(done.stdout)["circuit_id"] == circuit.manifest.circuit_id
    return circuit


@pytest.fixture(scope="module")
def shaky(loan_health: Circuit) -> Proof:
    return run_isolated(prover.prove, loan_health, SHAKY, 12345)


def test_build_second_model_measures_everything(loan_health: Circuit) -> None:
    manifest = loan_health.manifest
    assert (manifest.layout.input_count, manifest.layout.tag_limbs, manifest.layout.output_count) == (8, 8, 1)
    # the network got its tag here, so what was compiled is not the file that was given
    assert manifest.given_onnx_hash != manifest.onnx_hash
    assert manifest.prover is not None
    assert manifest.prover.processor_seconds > 0
    assert manifest.chain is not None
    assert manifest.chain.verification_gas is not None
    assert 300_000 < manifest.chain.verification_gas < 600_000
    assert manifest.correctness is not None
    assert manifest.correctness.inputs >= 200
    assert manifest.correctness.float_error < 0.01


def test_prove_second_model_ranks_a_shaky_loan_above_a_healthy_one(loan_health: Circuit, shaky: Proof) -> None:
    healthy = run_isolated(prover.prove, loan_health, HEALTHY, 1)
    assert shaky.instances.outputs[0] > 3 * healthy.instances.outputs[0]


def test_verify_second_model_changed_output_or_tag_is_refused(loan_health: Circuit, shaky: Proof) -> None:
    assert run_isolated(prover.verify, loan_health, shaky.instances, shaky.proof)
    for position in (-1, 8):
        elements = list(shaky.instances.elements)
        elements[position] = (elements[position] + 1) % FIELD_MODULUS
        changed = shaky.instances.model_copy(update={"elements": tuple(elements)})
        assert not run_isolated(prover.verify, loan_health, changed, shaky.proof)


@pytest.fixture(scope="module")
def compiled(loan_health: Circuit) -> CompiledVerifier:
    return compile_verifier(loan_health.paths.verifier_source, loan_health.manifest.verifier_contract, PROJECT)


def test_verify_on_chain_accepts_the_proof_and_refuses_a_changed_output(
    loan_health: Circuit, shaky: Proof, compiled: CompiledVerifier, tools: ChainTools
) -> None:
    assert loan_health.manifest.chain is not None
    assert compiled.code_hash == loan_health.manifest.chain.verifier_code_hash
    elements = (*shaky.instances.elements[:-1], shaky.instances.elements[-1] + 1)
    lie = replace(shaky, instances=shaky.instances.model_copy(update={"elements": elements}))
    with running_anvil(tools.anvil) as url:
        assert verify_on_chain(url, compiled, shaky).verification_gas > 300_000
        with pytest.raises(CircuitError, match=r"fails on the chain|reverts"):
            verify_on_chain(url, compiled, lie)


def test_verify_on_chain_a_verifier_that_accepts_anything_is_found_out(
    shaky: Proof, compiled: CompiledVerifier, tools: ChainTools
) -> None:
    # returns the word 1, whatever it is asked
    runtime = bytes.fromhex("600160005260206000f3")
    creation = bytes.fromhex("69") + runtime + bytes.fromhex("600052600a6016f3")
    accepting = replace(compiled, creation_code=creation, runtime_code=runtime)
    with running_anvil(tools.anvil) as url, pytest.raises(CircuitError, match="accepts a changed output"):
        verify_on_chain(url, accepting, shaky)


def test_fitting_verifier_too_large_is_replaced_by_the_reusable_one_with_its_vka(
    loan_health: Circuit, shaky: Proof, tools: ChainTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "loan_health"
    shutil.copytree(loan_health.directory, directory)
    circuit = open_circuit(directory)
    # between the sizes of the two, so that the monolithic one is too large
    monkeypatch.setattr("verifier_gen.chain.compiler.LARGEST_CODE", 11_200)
    said: list[str] = []
    name, layout = circuit.manifest.verifier_contract, ChainLayout.ETHEREUM
    kind, compiled = fitting_verifier(circuit.paths, name, layout, tools, said.append)
    assert kind is VerifierKind.REUSABLE
    assert "reusable one with VKA" in said[0]
    measured = measure_on_chain(circuit.paths, kind, compiled, layout, shaky, tools.anvil)
    assert measured.vka_digest is not None
    assert measured.registration_gas is not None
    assert measured.verification_gas is not None
    assert circuit.paths.vka.is_file()


def test_without_metadata_same_code_beside_other_sources_is_equal() -> None:
    code = bytes.fromhex("6001600201")
    tails = [bytes.fromhex("a264697066735822") + bytes([i]) * 34 + b"dsolcC" + bytes([0, 8, 37]) for i in (1, 2)]
    first, second = (code + tail + len(tail).to_bytes(2, "big") for tail in tails)
    assert without_metadata(first) == without_metadata(second) == code
    assert without_metadata(code) == code


def test_build_bad_network_leaves_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"this is no network")
    done = build_command(bad, "--out", tmp_path / "circuits", "--no-chain")
    assert done.returncode == 1
    assert "is not an ONNX file" in done.stderr
    assert not (tmp_path / "circuits").exists()


def test_ensure_circuit_trial_that_fails_leaves_nothing(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "tiny.toml")
    strict = BuildOptions(float_bound=1e-9)
    with pytest.raises(CircuitError, match="outputs differ from the network in floats"):
        ensure_circuit(recipe, tmp_path / "circuits", PROJECT / "build" / "srs", options=strict)
    assert list((tmp_path / "circuits").iterdir()) == []


def test_recipe_for_recurrent_network_is_unrolled_and_fits(tmp_path: Path) -> None:
    weights = [
        helper.make_tensor(name, TensorProto.FLOAT, shape, [0.1] * size)
        for name, shape, size in (("w", [1, 8, 2], 16), ("r", [1, 8, 2], 16))
    ]
    node = helper.make_node("LSTM", ["x", "w", "r"], ["", "y"], name="layer", hidden_size=2)
    graph = helper.make_graph(
        [node],
        "lstm",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 2])],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), tmp_path / "n.onnx")
    recipe = recipe_for(tmp_path / "n.onnx", RunWishes(input_scale=6), name="small_lstm")
    assert (recipe.inputs, recipe.outputs, recipe.tag_limbs * recipe.tag_limb_bits) == (4, 2, 128)
    circuit = ensure_circuit(recipe, tmp_path, PROJECT / "build" / "srs", options=BuildOptions(float_bound=0.05))
    assert circuit.manifest.correctness is not None
    assert circuit.manifest.layout.output_count == 2


def test_recipe_for_unknown_operator_names_the_node(tmp_path: Path) -> None:
    node = helper.make_node("Mish", ["x"], ["y"], name="bend")
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in ("x", "y")]
    graph = helper.make_graph([node], "net", values[:1], values[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), tmp_path / "n.onnx")
    with pytest.raises(NetworkError, match="node bend uses operator Mish") as caught:
        recipe_for(tmp_path / "n.onnx", RunWishes())
    assert "Softplus" in caught.value.remedy


def test_build_run_option_with_a_recipe_is_refused() -> None:
    done = build_command("tiny", "--logrows", 12, "--no-chain")
    assert done.returncode == 2
    assert "--logrows is for ONNX files" in done.stderr


def test_build_impossible_run_option_is_named(tmp_path: Path) -> None:
    done = build_command(EXAMPLE / "loan_health.onnx", "--input-scale", 99, "--out", tmp_path, "--no-chain")
    assert done.returncode == 2
    assert "--input-scale 99" in done.stderr
