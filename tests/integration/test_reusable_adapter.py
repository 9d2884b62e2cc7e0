"""EZKL's own reusable verifier behind the registry: a real VKA, a real proof, and what the adapter must refuse."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from eth_hash.auto import keccak
from web3.contract import Contract
from web3.exceptions import ContractCustomError, Web3RPCError

from tests.integration.registry_stage import RegistryStage, registry_stage
from tests.integration.relayer_chain import deploy, send
from verifier_gen import prover
from verifier_gen.circuit import Circuit, CircuitPaths
from verifier_gen.isolated import run_isolated
from verifier_gen.prover import Proof
from verifier_gen.solidity import read_vka, write_reusable_verifier

MODEL = keccak(b"veristake/reusable-test/1")


@dataclass(frozen=True)
class Stand:
    """A registry, EZKL's reusable verifier and the artefact's store."""

    stage: RegistryStage
    circuit: Circuit
    verifier: Contract
    store: str
    vka: tuple[bytes, ...]

    @property
    def digest(self) -> bytes:
        return keccak(b"".join(self.vka))

    def described(self, **changes: Any) -> dict[str, Any]:
        pinned = {"vkaDigest": self.digest, "vkaStore": self.store}
        return self.stage.circuit(self.circuit.manifest, self.verifier, **pinned | changes)

    def store_of(self, words: tuple[bytes, ...]) -> str:
        """Lay words down as ``VkaStore.write`` does: a stop byte and the words as a contract's code."""
        code = b"\0" + b"".join(words)
        creation = b"\x61" + len(code).to_bytes(2, "big") + bytes.fromhex("80600c6000396000f3") + code
        web3 = self.stage.web3
        sent = web3.eth.send_transaction({"from": self.stage.admin, "data": creation})
        return str(web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["contractAddress"])

    def register(self) -> None:
        send(self.stage.web3, self.verifier.functions.registerVka(list(self.vka)), self.stage.admin)


@pytest.fixture(scope="module")
def proof(tiny_circuit: Circuit) -> Proof:
    layout = tiny_circuit.manifest.layout
    return run_isolated(prover.prove, tiny_circuit, [(-1) ** i * 31 * i for i in range(layout.input_count)], 77)


@pytest.fixture(scope="module")
def reusable(tiny_circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> CircuitPaths:
    folder = tmp_path_factory.mktemp("reusable") / "tiny"
    shutil.copytree(tiny_circuit.directory, folder)
    paths = CircuitPaths(folder)
    write_reusable_verifier(paths, "TinyReusable")
    return paths


@pytest.fixture
def stand(tiny_circuit: Circuit, reusable: CircuitPaths) -> Iterator[Stand]:
    vka = read_vka(reusable.vka)
    with registry_stage() as stage:
        bare = Stand(stage, tiny_circuit, stage.install(reusable.verifier_source, "TinyReusable"), "", vka)
        yield Stand(stage, tiny_circuit, bare.verifier, bare.store_of(vka), vka)


def accepted(stand: Stand, proof: bytes, elements: tuple[int, ...]) -> bool:
    """What a consumer is told by the contract that asks the registry's serving version."""
    stage, layout = stand.stage, stand.circuit.manifest.layout
    contract = deploy(stage.web3, stage.admin, "InferenceVerifier", stage.registry.address, MODEL)
    cut = layout.input_count + layout.tag_limbs
    inputs, outputs = list(elements[:cut]), list(elements[cut:])
    codec = stage.web3.codec
    arguments = (
        contract.functions.commitmentOf(inputs).call(),
        keccak(codec.encode(["uint256[]"], [outputs])),
        codec.encode(["uint256[]", "uint256[]"], [inputs, outputs]),
        proof,
    )
    return bool(contract.functions.verify(*arguments).call())


def test_verify_registered_vka_accepts_the_real_proof_and_nothing_changed(stand: Stand, proof: Proof) -> None:
    elements = proof.instances.elements
    stand.register()
    assert stand.stage.serve(MODEL, stand.described()) == 1
    assert accepted(stand, proof.proof, elements)
    for place in (0, 32, -1):
        changed = list(elements)
        changed[place] += 1
        assert not accepted(stand, proof.proof, tuple(changed))
    assert not accepted(stand, proof.proof[:-1] + bytes([proof.proof[-1] ^ 1]), elements)


def test_verify_vka_that_nobody_registered_is_no_proof_until_it_is(stand: Stand, proof: Proof) -> None:
    stand.stage.serve(MODEL, stand.described())
    assert not accepted(stand, proof.proof, proof.instances.elements)
    stand.register()
    assert accepted(stand, proof.proof, proof.instances.elements)


def test_verify_another_circuits_registered_vka_refuses_this_ones_proof(stand: Stand, proof: Proof) -> None:
    # a commitment of the verifying key swapped with another: a key of a circuit that is not this one
    words = (*stand.vka[:-4], *stand.vka[-2:], *stand.vka[-4:-2])
    assert words != stand.vka
    other = Stand(stand.stage, stand.circuit, stand.verifier, stand.store_of(words), words)
    other.register()
    stand.stage.serve(MODEL, other.described())
    assert not accepted(stand, proof.proof, proof.instances.elements)


def test_propose_digest_that_is_not_the_stores_is_refused(stand: Stand) -> None:
    functions, admin = stand.stage.registry.functions, stand.stage.admin
    selector = "0x" + keccak(b"VkaMismatch(address,bytes32,bytes32)")[:4].hex()
    wrong = stand.described(vkaDigest=bytes(31) + b"\1")
    with pytest.raises((ContractCustomError, Web3RPCError), match=selector):
        functions.propose(MODEL, wrong).transact({"from": admin})
    functions.propose(MODEL, stand.described()).transact({"from": admin})
    assert functions.versionCount(MODEL).call() == 1
