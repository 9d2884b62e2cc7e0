"""The tiny circuit over a ceremony of its own size; the gate has a smaller circuit and ceremony."""

from pathlib import Path

from tests.integration.small_circuit import deploy, local_chain
from tests.integration.test_srs_import import run_ceremony
from verifier_gen import prover
from verifier_gen.build import ensure_circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.srs.importer import import_srs


def test_prove_tiny_circuit_over_a_ceremony_of_its_size_is_accepted_on_chain(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "tiny.toml")
    ceremony = run_ceremony(tmp_path, recipe.logrows)
    path, _ = import_srs(ceremony, tmp_path / "srs", None, None)
    circuit = ensure_circuit(recipe, tmp_path / "circuits", tmp_path / "no-cache", ceremony_srs=path)
    proof = run_isolated(prover.prove, circuit, list(range(-16, 16)), 0xC0FFEE)
    source = {"verifier.sol": circuit.paths.verifier_source.read_text("utf-8")}
    with local_chain(tmp_path) as chain:
        verifier = deploy(chain, source, circuit.manifest.verifier_contract)
        assert verifier.functions.verifyProof(proof.proof, list(proof.instances.elements)).call() is True
