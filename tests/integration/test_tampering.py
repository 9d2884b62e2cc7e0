"""Changed proofs of the tiny circuit: EZKL's verifier and the generated contract on a real Anvil refuse each."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from web3.exceptions import ContractLogicError

from tests.integration.small_circuit import deploy, local_chain
from verifier_gen import prover
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.tampering import check_tampering, check_tampering_off_chain, tampered_proofs


@pytest.fixture(scope="module")
def proof(tiny_circuit: Circuit) -> tuple[tuple[int, ...], bytes]:
    layout = tiny_circuit.manifest.layout
    inputs = [(-1) ** i * 37 * i for i in range(layout.input_count)]
    # limbs that differ, so that swapping them is a change
    tag = sum((limb + 1) << (limb * layout.tag_limb_bits) for limb in range(layout.tag_limbs))
    made = run_isolated(prover.prove, tiny_circuit, inputs, tag)
    return made.instances.elements, made.proof


def test_off_chain_every_change_is_refused(tiny_circuit: Circuit, proof: tuple[tuple[int, ...], bytes]) -> None:
    changes = tampered_proofs(*proof, flips=24, swaps=40)
    report = run_isolated(check_tampering_off_chain, tiny_circuit.paths, *proof, changes)
    assert report.require().tried >= 24 + 42 + 40


def test_on_chain_every_change_is_refused(
    tiny_circuit: Circuit, proof: tuple[tuple[int, ...], bytes], tmp_path: Path
) -> None:
    name = tiny_circuit.manifest.verifier_contract
    source = tiny_circuit.paths.verifier_source.read_text("utf-8")
    with local_chain(tmp_path) as chain:
        verifier = deploy(chain, {f"{name}.sol": source}, name)

        def verify(instances: Sequence[int], claimed: bytes) -> bool:
            try:
                return bool(verifier.functions.verifyProof(claimed, list(instances)).call())
            except ContractLogicError:
                return False

        report = check_tampering(*proof, tampered_proofs(*proof, flips=24, swaps=40), verify)
    assert report.require().tried >= 24 + 42 + 40
