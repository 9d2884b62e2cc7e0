"""A circuit that proves whatever its prover says, made to be entered under the name of an honest one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from statements.quantities import FIELD_MODULUS
from verifier_gen import ezkl_library
from verifier_gen.choices import Visibility
from verifier_gen.circuit import CircuitPaths
from verifier_gen.prover import proof_document
from verifier_gen.recipe import load_recipe


@dataclass(frozen=True)
class Cheat:
    """A circuit whose only constraint is that its output is what the prover says.

    Attributes:
        key: its verifying key.
        network: its network.
        taken: whether a proof of instances that no honest circuit has verifies under the key.
    """

    key: bytes
    network: bytes
    taken: bool


def make_cheat(folder: Path, elements: list[int], recipe_path: Path, srs: Path) -> Cheat:
    """Build it for instances that no honest circuit has; calls EZKL, so run it isolated."""
    paths = CircuitPaths(folder)
    count = len(elements)
    given, said = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, count]) for name in ("given", "said"))
    one = numpy_helper.from_array(np.ones((1, count), dtype=np.float32), "one")
    graph = helper.make_graph([helper.make_node("Add", ["given", "one"], ["said"])], "free", [given], [said], [one])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), paths.onnx)
    recipe = load_recipe(recipe_path).model_copy(update={"input_visibility": Visibility.PRIVATE})
    ezkl_library.write_settings(paths.onnx, paths.settings, recipe)
    ezkl_library.compile_circuit(paths.onnx, paths.compiled, paths.settings)
    ezkl_library.setup(paths.compiled, paths.verifying_key, paths.proving_key, srs)
    data, witness, proof = (folder / name for name in ("input.json", "witness.json", "proof.json"))
    shifted = ((x - (1 << recipe.input_scale)) % FIELD_MODULUS for x in elements)
    data.write_text(json.dumps({"input_data": [[x.to_bytes(32, "little").hex() for x in shifted]]}))
    ezkl_library.write_witness(data, paths.compiled, witness)
    ezkl_library.prove(witness, paths.compiled, paths.proving_key, proof, srs)
    made = bytes.fromhex(json.loads(proof.read_text())["hex_proof"].removeprefix("0x"))
    proof.write_text(json.dumps(proof_document(elements, made)))
    taken = ezkl_library.verify(proof, paths.settings, paths.verifying_key, srs)
    return Cheat(paths.verifying_key.read_bytes(), paths.onnx.read_bytes(), taken)
