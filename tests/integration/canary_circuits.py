"""The canary's satisfiable twin, and liars' proofs of the canary; call what proves through ``run_isolated``."""

import json
import tempfile
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from statements.quantities import to_field
from verifier_gen import ezkl_library
from verifier_gen.canary import canary_recipe
from verifier_gen.circuit import CircuitPaths
from verifier_gen.manifest import CircuitManifest
from verifier_gen.recipe import CircuitRecipe


def satisfiable_twin_recipe(folder: Path, guarded: CircuitManifest) -> CircuitRecipe:
    """The canary with a Neg behind its relu: x = 1 reaches the pinned -1. For tests only."""
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Neg", ["r"], ["y"])]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "satisfiable_twin", values[:1], values[1:])
    network = folder / "satisfiable_twin.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), network)
    names = {"name": "satisfiable_twin", "verifier_contract": "SatisfiableTwinVerifier", "onnx": network}
    return canary_recipe(guarded).model_copy(update=names)


def prove_claiming(paths: CircuitPaths, given: int, claimed: int) -> tuple[bytes, bool]:
    """Prove a witness whose output was replaced by a claim; the proof, if EZKL makes one, and whether it verifies."""
    with tempfile.TemporaryDirectory() as folder:
        data, witness, proof = (Path(folder) / name for name in ("input.json", "witness.json", "proof.json"))
        data.write_text(json.dumps({"input_data": [[_element(given)]]}), "utf-8")
        ezkl_library.write_witness(data, paths.compiled, witness)
        document = json.loads(witness.read_text("utf-8"))
        document["outputs"] = [[_element(claimed)]]
        witness.write_text(json.dumps(document), "utf-8")
        try:
            ezkl_library.prove(witness, paths.compiled, paths.proving_key, proof, paths.srs)
            made = json.loads(proof.read_text("utf-8"))
            shown = made["instances"]
            assert shown == [[_element(claimed)]], "the proof does not claim what the liar wants"
        except RuntimeError:
            return b"", False
        try:
            verified = ezkl_library.verify(proof, paths.settings, paths.verifying_key, paths.srs)
        except RuntimeError:
            verified = False
        return bytes.fromhex(made["hex_proof"].removeprefix("0x")), verified


def _element(value: int) -> str:
    return to_field(value).to_bytes(32, "little").hex()
