"""Circuits that hide inputs or weights: real proofs, and a contract that checks a hash among the instances."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from web3.contract import Contract

from statements.quantities import to_field
from tests.integration.small_circuit import compile_solidity, deploy, local_chain, project_sources, small_recipe
from verifier_gen import prover
from verifier_gen.build import ensure_circuit
from verifier_gen.choices import Visibility
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.poseidon import poseidon_hash
from verifier_gen.prover import Proof

INPUTS, TAG, LIMBS = [100, -200, 256, -256], 0xBEEF, [0xEF, 0xBE]
SUBJECT = b"\x01" * 32


def built(folder: Path, **visibility: Visibility) -> Circuit:
    recipe = small_recipe(folder, **visibility)
    return ensure_circuit(recipe, folder, folder / "srs")


@pytest.fixture(scope="module")
def hashed(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    return built(tmp_path_factory.mktemp("hashed"), input_visibility=Visibility.HASHED)


@pytest.fixture(scope="module")
def proof(hashed: Circuit) -> Proof:
    return run_isolated(prover.prove, hashed, INPUTS, TAG)


@pytest.fixture(scope="module")
def consumer(hashed: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    verifier = {"verifier.sol": hashed.paths.verifier_source.read_text("utf-8")}
    sources = project_sources("contracts/mocks/HashedInputConsumer.sol")
    with local_chain(tmp_path_factory.mktemp("chain")) as chain:
        address = deploy(chain, verifier, "SmallVerifier").address
        contract = deploy(chain, sources, "HashedInputConsumer", address)
        contract.w3.eth.default_account = chain.accounts[0]
        yield contract


def refused(consumer: Contract, call, error: str) -> None:  # type: ignore[no-untyped-def]
    selector = "0x" + bytes(consumer.w3.keccak(text=error))[:4].hex()
    with pytest.raises(Exception, match=selector):
        call.call()


def test_prove_hashed_inputs_instances_are_their_hashes(hashed: Circuit, proof: Proof) -> None:
    expected = [poseidon_hash([to_field(x) for x in INPUTS]), poseidon_hash(LIMBS)]
    assert list(proof.instances.elements[:-1]) == expected
    assert hashed.manifest.correctness is not None
    assert run_isolated(prover.verify, hashed, proof.instances, proof.proof)


def test_submit_committed_inputs_proof_is_accepted_and_others_are_not(consumer: Contract, proof: Proof) -> None:
    input_hash, tag_hash, output = proof.instances.elements
    functions = consumer.functions
    refused(consumer, functions.submit(SUBJECT, tag_hash, [output], proof.proof), "NotCommitted(bytes32)")
    functions.commit(SUBJECT, input_hash).transact()
    refused(consumer, functions.commit(SUBJECT, input_hash), "AlreadyCommitted(bytes32)")
    for wrong in ((tag_hash + 1, [output]), (tag_hash, [output + 1]), (tag_hash, [output, 0])):
        refused(consumer, functions.submit(SUBJECT, *wrong, proof.proof), "InvalidProof(uint256)")
    functions.submit(SUBJECT, tag_hash, [output], proof.proof).transact()
    assert functions.outputsOf(SUBJECT).call() == [output]

    other = b"\x02" * 32
    functions.commit(other, poseidon_hash([to_field(x) for x in [101, *INPUTS[1:]]])).transact()
    refused(consumer, functions.submit(other, tag_hash, [output], proof.proof), "InvalidProof(uint256)")


def test_submit_opened_inputs_are_hashed_by_the_contract(consumer: Contract, proof: Proof) -> None:
    _, tag_hash, output = proof.instances.elements
    elements = [to_field(x) for x in INPUTS]
    submit = consumer.functions.submitOpened
    changed = [elements[0] + 1, *elements[1:]]
    refused(consumer, submit(SUBJECT, changed, tag_hash, [output], proof.proof), "InvalidProof(uint256)")
    refused(consumer, submit(SUBJECT, elements[:-1], tag_hash, [output], proof.proof), "InvalidProof(uint256)")
    submit(b"\x03" * 32, elements, tag_hash, [output], proof.proof).transact()
    assert consumer.functions.outputsOf(b"\x03" * 32).call() == [output]


def test_hash_in_solidity_is_ezkls(consumer: Contract) -> None:
    for elements in ([0], [1, 2, 3], [to_field(x) for x in INPUTS]):
        assert consumer.functions.hash(elements).call() == poseidon_hash(elements)
    refused(consumer, consumer.functions.hash([]), "NothingToHash()")
    refused(consumer, consumer.functions.hash([to_field(-1) + 1]), "NotAFieldElement(uint256)")


def test_prove_private_inputs_instances_are_outputs_only(tmp_path: Path, proof: Proof) -> None:
    circuit = built(tmp_path, input_visibility=Visibility.PRIVATE)
    hidden = run_isolated(prover.prove, circuit, INPUTS, TAG)
    assert hidden.instances.elements == proof.instances.elements[-1:]
    assert run_isolated(prover.verify, circuit, hidden.instances, hidden.proof)


def test_verify_hashed_weights_other_than_the_manifests_are_refused(tmp_path: Path, proof: Proof) -> None:
    circuit = built(tmp_path, param_visibility=Visibility.HASHED)
    shown = run_isolated(prover.prove, circuit, INPUTS, TAG)
    weights, *rest = shown.instances.elements
    assert weights == circuit.manifest.parameters_hash
    assert rest == [*(to_field(x) for x in INPUTS), *LIMBS, proof.instances.elements[-1]]
    assert run_isolated(prover.verify, circuit, shown.instances, shown.proof)
    other = circuit.manifest.model_copy(update={"parameters_hash": weights + 1})
    assert not run_isolated(prover.verify, Circuit(circuit.paths, other), shown.instances, shown.proof)


def test_compile_the_example_fits_a_chain() -> None:
    _, code = compile_solidity(project_sources("contracts/mocks/HashedInputConsumer.sol"), "HashedInputConsumer")
    assert len(code) // 2 < 24_576
