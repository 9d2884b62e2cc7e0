"""The correctness gate at length: the shipped circuits, every change of a proof, the peer's network where it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest
from web3.exceptions import ContractLogicError

from tests.integration.conftest import PROJECT, staking_circuit, tiny_circuit
from tests.integration.ezkl_circuits import compile_folders
from tests.integration.small_circuit import deploy, local_chain
from verifier_gen.circuit import Circuit, CircuitPaths
from verifier_gen.correctness import check_circuit
from verifier_gen.graph.unroll import unroll_recurrent
from verifier_gen.isolated import run_isolated
from verifier_gen.reference import load_program
from verifier_gen.reference.adversary import widest_gap
from verifier_gen.reference.samples import sample_inputs
from verifier_gen.rounding_band import input_ranges, program_band
from verifier_gen.tampering import check_tampering, check_tampering_off_chain, tampered_proofs
from verifier_gen.witnesses import ShownProof, prove_sample

__all__ = ["staking_circuit", "tiny_circuit"]
PEER = PROJECT.parent / "shared" / "peer" / "lstm" / "network.onnx"


def proven(circuit: Circuit) -> ShownProof:
    layout = circuit.manifest.layout
    inputs = tuple((-1) ** i * 37 * i for i in range(layout.input_count))
    return run_isolated(prove_sample, circuit.paths, (inputs, tuple(range(1, layout.tag_limbs + 1))))


def test_check_circuit_staking_circuit_passes(staking_circuit: Circuit) -> None:
    report = check_circuit(staking_circuit.paths, samples=1000, proofs=5).require()
    assert report.proofs == 5


def test_widest_gap_staking_network_attacked_on_many_inputs_stays_within_the_band(staking_circuit: Circuit) -> None:
    program = load_program(staking_circuit.paths.onnx, staking_circuit.paths.settings)
    gap = widest_gap(program, sample_inputs(program, input_ranges(program), 5000, seed=2))
    assert all(0 < found <= units for found, units in zip(gap, program_band(program), strict=True))


@pytest.mark.parametrize("name", ["tiny_circuit", "staking_circuit"])
def test_every_change_of_a_proof_is_refused_off_chain(name: str, request: pytest.FixtureRequest) -> None:
    circuit: Circuit = request.getfixturevalue(name)
    shown = proven(circuit)
    changes = tampered_proofs(shown.instances, shown.proof)
    run_isolated(check_tampering_off_chain, circuit.paths, shown.instances, shown.proof, changes).require()


@pytest.mark.parametrize("name", ["tiny_circuit", "staking_circuit"])
def test_every_change_of_a_proof_is_refused_on_chain(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    circuit: Circuit = request.getfixturevalue(name)
    shown, contract = proven(circuit), circuit.manifest.verifier_contract
    source = circuit.paths.verifier_source.read_text("utf-8")
    with local_chain(tmp_path) as chain:
        verifier = deploy(chain, {f"{contract}.sol": source}, contract)

        def verify(instances: Sequence[int], proof: bytes) -> bool:
            try:
                return bool(verifier.functions.verifyProof(proof, list(instances)).call())
            except ContractLogicError:
                return False

        changes = tampered_proofs(shown.instances, shown.proof)
        check_tampering(shown.instances, shown.proof, changes, verify).require()


@pytest.mark.skipif(not PEER.is_file(), reason="the peer's network is not on this machine")
@pytest.mark.parametrize(
    "arguments",
    [
        {"input_scale": 13, "param_scale": 13, "logrows": 18},
        {"input_scale": 6, "param_scale": 6, "scale_rebase_multiplier": 2, "logrows": 17},
    ],
)
def test_check_circuit_peer_network_unrolled_equals_the_reference(arguments: dict[str, Any], tmp_path: Path) -> None:
    paths = CircuitPaths(tmp_path)
    onnx.save(unroll_recurrent(onnx.load(PEER)), paths.onnx)
    wide = {"decomp_base": 16384, "lookup_range": (-40000, 40000)}
    run_isolated(compile_folders, {tmp_path: arguments | wide})
    report = check_circuit(paths, samples=20, proofs=0, float_bound=0.05)
    assert report.mismatches == 0
