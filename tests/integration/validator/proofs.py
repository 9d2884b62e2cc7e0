"""Proofs that liars can choose from, all made honestly by somebody; the nonce is pinned, so that they share a tag."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from statements.proven_run import ProvenRun
from statements.request_tag import request_tag
from tests.integration.conftest import BUILD
from tests.integration.validator.miners import FIRST, SECOND, VALIDATOR, inputs_of
from verifier_gen.build import BuildOptions, ensure_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool
from verifier_gen.prover import Proof
from verifier_gen.recipe import RECIPES, load_recipe

NONCE = "ab" * 32


@dataclass(frozen=True)
class Proofs:
    """What liars can choose from.

    Attributes:
        circuit: that is asked for.
        honest: what was asked for.
        of_another_miner: made honestly by somebody else, for the same nonce.
        of_an_older_request: made honestly by this miner, for another nonce.
        of_other_inputs: made under the tag of this request, over inputs that are cheaper to get.
        of_another_model: made under a circuit with other weights.
        another_model: that circuit.
    """

    circuit: Circuit
    honest: Proof
    of_another_miner: Proof
    of_an_older_request: Proof
    of_other_inputs: Proof
    of_another_model: Proof
    another_model: Circuit


@pytest.fixture(scope="session")
def swapped_circuit() -> Circuit:
    """The tiny circuit with another model: the same layout, other weights."""
    recipe = load_recipe(RECIPES / "tiny.toml")
    model = onnx.load(recipe.onnx)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.size > 8:
            tensor.CopyFrom(numpy_helper.from_array(np.flip(values).astype(values.dtype).copy(), tensor.name))
    path = BUILD / "swapped" / "swapped.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return ensure_circuit(
        recipe.model_copy(update={"name": "swapped", "onnx": path}),
        BUILD / "swapped",
        BUILD / "srs",
        options=BuildOptions(correctness=False),
    )


@pytest.fixture(scope="session")
def proofs(tiny_circuit: Circuit, swapped_circuit: Circuit, shared_pool: ProverPool) -> Proofs:
    inputs = inputs_of(tiny_circuit)
    circuit_id, layout = tiny_circuit.manifest.circuit_id, tiny_circuit.manifest.layout

    def tag(miner: Any = FIRST, nonce: str = NONCE) -> int:
        return request_tag(
            nonce=bytes.fromhex(nonce),
            validator=VALIDATOR.ss58_address,
            miner=miner.ss58_address,
            circuit_id=circuit_id,
            inputs=inputs,
            bits=layout.tag_bits,
        )

    async def make() -> Proofs:
        own, other = tiny_circuit.directory, swapped_circuit.directory
        return Proofs(
            circuit=tiny_circuit,
            honest=await shared_pool.prove(own, inputs, tag()),
            of_another_miner=await shared_pool.prove(own, inputs, tag(SECOND)),
            of_an_older_request=await shared_pool.prove(own, inputs, tag(nonce="cd" * 32)),
            of_other_inputs=await shared_pool.prove(own, (0,) * len(inputs), tag()),
            of_another_model=await shared_pool.prove(other, inputs, tag()),
            another_model=swapped_circuit,
        )

    return asyncio.run(make())


def run_of(proofs: Proofs, made: Proof, **fields: Any) -> dict[str, Any]:
    run = ProvenRun(
        circuit_id=proofs.circuit.manifest.circuit_id,
        instances=made.instances,
        proof="0x" + made.proof.hex(),
        prover=FIRST.ss58_address,
        prove_seconds=made.seconds,
    )
    return run.model_copy(update=fields).model_dump(mode="json")


def flipped(proof: bytes, place: int) -> bytes:
    return proof[:place] + bytes([proof[place] ^ 1]) + proof[place + 1 :]
