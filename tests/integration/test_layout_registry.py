"""A real proof through registry and adapter where addition is at 0x09 and 0x06 answers nothing, as on Subtensor."""

from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from statements.abi import load_abi
from statements.abi.calldata import encode_call
from tests.integration.forge_artifacts import artifact
from tests.integration.precompile_chain import ETHEREUM, SUBTENSOR, ContractChain, Reverted
from tests.integration.small_circuit import compile_solidity
from verifier_gen import prover
from verifier_gen.chain_layout import for_chain
from verifier_gen.choices import ChainLayout
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.manifest import CircuitManifest
from verifier_gen.prover import Proof
from veristake.contracts_tool.verifier_step import DeployedVerifier
from veristake.contracts_tool.versions import registry_circuit

MODEL, EPOCH_LENGTH, BITTENSOR = keccak(b"veristake/layout-test/1"), 3600, 964
OUTPUTS = 2
UNUSABLE = keccak(b"PrecompileUnusable(uint8)")[:4]


@dataclass(frozen=True)
class Stand:
    """Registry and adapter on one chain, and the verifier of one layout."""

    chain: ContractChain
    registry: bytes
    adapter: bytes
    verifier: bytes

    @classmethod
    def build(cls, chain: ContractChain, verifier_code: bytes) -> "Stand":
        authority = chain.create(_creation("Authority", b"\xad" * 20))
        registry = chain.create(_creation("VerifierRegistry", authority, 0, EPOCH_LENGTH))
        adapter = chain.create(_creation("InferenceVerifier", registry, MODEL))
        return cls(chain, registry, adapter, chain.create(verifier_code))

    def serve(self, manifest: CircuitManifest, layout: ChainLayout) -> None:
        """Propose the circuit as one that a public chain takes, and activate it for this epoch."""
        none = "0x" + "00" * 32
        code_hash = "0x" + keccak(self.chain.code_of(self.verifier)).hex()
        deployed = DeployedVerifier("0x" + self.verifier.hex(), code_hash, none, none[:42], {})
        addition = {ChainLayout.ETHEREUM: 6, ChainLayout.SUBTENSOR: 9}[layout]
        told = {"devSrs": False, "roundingBand": 1, "additionPrecompile": addition}
        circuit = registry_circuit(manifest, deployed, "0x" + "0f" * 32) | told
        # in the struct's order
        fields = [bytes.fromhex(v[2:]) if isinstance(v, str) and len(v) == 66 else v for v in circuit.values()]
        self._call("propose", MODEL, tuple(fields))
        self._call("activate", MODEL, 1, self.chain.now // EPOCH_LENGTH)

    def accepts(self, proof: bytes, instances: list[int]) -> bool:
        """Whether the adapter says that the version of this epoch takes the proof."""
        inputs, outputs = instances[:-OUTPUTS], instances[-OUTPUTS:]
        words = encode(["uint256", "address", "bytes32", "uint256[]"], [BITTENSOR, self.adapter, MODEL, inputs])
        metadata = encode(["uint256[]", "uint256[]"], [inputs, outputs])
        given = (keccak(words), keccak(encode(["uint256[]"], [outputs])), metadata, proof)
        answer = self.chain.call(self.adapter, encode_call(artifact("InferenceVerifier")["abi"], "verify", given))
        return int.from_bytes(answer, "big") == 1

    def _call(self, function: str, *arguments: Any) -> None:
        self.chain.call(self.registry, encode_call(load_abi("VerifierRegistry"), function, arguments))


def _creation(name: str, *arguments: Any) -> bytes:
    made = artifact(name)
    types = [field["type"] for e in made["abi"] if e["type"] == "constructor" for field in e["inputs"]]
    return bytes.fromhex(made["bytecode"]["object"][2:]) + encode(types, arguments)


@pytest.fixture(scope="module")
def proof(tiny_circuit: Circuit) -> Proof:
    return run_isolated(prover.prove, tiny_circuit, [3] * 32, 5)


@pytest.fixture(scope="module")
def codes(tiny_circuit: Circuit) -> dict[ChainLayout, bytes]:
    source, name = tiny_circuit.paths.verifier_source.read_text("utf-8"), tiny_circuit.manifest.verifier_contract
    return {
        layout: bytes.fromhex(compile_solidity({"v.sol": for_chain(source, layout)}, name)[1]) for layout in ChainLayout
    }


def test_verify_through_the_registry_on_subtensor_takes_a_true_proof_and_no_forged_one(
    tiny_circuit: Circuit, proof: Proof, codes: dict[ChainLayout, bytes]
) -> None:
    stand = Stand.build(ContractChain(SUBTENSOR, BITTENSOR), codes[ChainLayout.SUBTENSOR])
    stand.serve(tiny_circuit.manifest, ChainLayout.SUBTENSOR)
    instances = list(proof.instances.elements)
    assert stand.accepts(proof.proof, instances)
    for place in (0, 31, len(instances) - 1):
        assert not stand.accepts(proof.proof, [x + (i == place) for i, x in enumerate(instances)])
    generator = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
    assert not stand.accepts(generator * 10 + proof.proof[640:], [*instances[:-1], instances[-1] + 1])
    assert not stand.accepts(proof.proof[:900] + bytes([proof.proof[900] ^ 1]) + proof.proof[901:], instances)


def test_propose_ethereum_layout_on_subtensor_is_refused(
    tiny_circuit: Circuit, codes: dict[ChainLayout, bytes]
) -> None:
    stand = Stand.build(ContractChain(SUBTENSOR, BITTENSOR), codes[ChainLayout.ETHEREUM])
    with pytest.raises(Reverted) as refused:
        stand.serve(tiny_circuit.manifest, ChainLayout.ETHEREUM)
    assert refused.value.args[0] == UNUSABLE + (6).to_bytes(32, "big")


def test_propose_subtensor_layout_on_ethereum_is_refused(
    tiny_circuit: Circuit, codes: dict[ChainLayout, bytes]
) -> None:
    stand = Stand.build(ContractChain(ETHEREUM, BITTENSOR), codes[ChainLayout.SUBTENSOR])
    with pytest.raises(Reverted) as refused:
        stand.serve(tiny_circuit.manifest, ChainLayout.SUBTENSOR)
    assert refused.value.args[0] == UNUSABLE + (9).to_bytes(32, "big")
