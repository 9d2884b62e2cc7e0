"""A real proof under each layout's verifier, on chains with Ethereum's precompiles, Subtensor's and silent ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.precompile_chain import ETHEREUM, SILENT, SUBTENSOR, PrecompileChain
from tests.integration.small_circuit import compile_runtime
from verifier_gen import prover
from verifier_gen.chain_layout import for_chain
from verifier_gen.choices import ChainLayout
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.prover import Proof

PROOFS = 2


@pytest.fixture(scope="module")
def proofs(tiny_circuit: Circuit) -> list[Proof]:
    return [run_isolated(prover.prove, tiny_circuit, [i] * 32, i) for i in range(PROOFS)]


@pytest.fixture(scope="module")
def codes(tiny_circuit: Circuit) -> dict[ChainLayout, bytes]:
    source, name = tiny_circuit.paths.verifier_source.read_text("utf-8"), tiny_circuit.manifest.verifier_contract
    return {layout: compile_runtime({"v.sol": for_chain(source, layout)}, name) for layout in ChainLayout}


def accepted(chain: PrecompileChain, proofs: list[Proof]) -> list[bool]:
    return [chain.accepts(proof.proof, list(proof.instances.elements)) for proof in proofs]


@pytest.mark.parametrize(
    ("layout", "precompiles"), [(ChainLayout.ETHEREUM, ETHEREUM), (ChainLayout.SUBTENSOR, SUBTENSOR)]
)
def test_verify_on_its_own_chain_accepts_proofs_and_nothing_else(
    codes: dict[ChainLayout, bytes],
    proofs: list[Proof],
    layout: ChainLayout,
    precompiles: dict,  # type: ignore[type-arg]
) -> None:
    chain = PrecompileChain(precompiles, codes[layout])
    assert accepted(chain, proofs) == [True] * PROOFS
    proof, instances = proofs[0].proof, list(proofs[0].instances.elements)
    for place in (len(instances) - 1,):
        assert not chain.accepts(proof, [x + (i == place) for i, x in enumerate(instances)])
    for place in (0, 900, len(proof) - 1):
        assert not chain.accepts(proof[:place] + bytes([proof[place] ^ 1]) + proof[place + 1 :], instances)


def test_verify_ethereum_layout_on_subtensor_does_not_accept(
    codes: dict[ChainLayout, bytes], proofs: list[Proof]
) -> None:
    assert accepted(PrecompileChain(SUBTENSOR, codes[ChainLayout.ETHEREUM]), proofs) == [False] * PROOFS


def test_verify_subtensor_layout_on_ethereum_does_not_accept(
    codes: dict[ChainLayout, bytes], proofs: list[Proof]
) -> None:
    assert accepted(PrecompileChain(ETHEREUM, codes[ChainLayout.SUBTENSOR]), proofs) == [False] * PROOFS


def test_verify_where_precompiles_are_silent_only_the_ethereum_layout_is_deceived(
    codes: dict[ChainLayout, bytes], proofs: list[Proof]
) -> None:
    proof, instances = forgery(proofs[0])
    assert PrecompileChain(SILENT, codes[ChainLayout.ETHEREUM]).accepts(proof, instances)
    assert not PrecompileChain(SILENT, codes[ChainLayout.SUBTENSOR]).accepts(proof, instances)
    assert not PrecompileChain(ETHEREUM, codes[ChainLayout.ETHEREUM]).accepts(proof, instances)


def forgery(proof: Proof) -> tuple[bytes, list[int]]:
    """Another output, and the generator for the first ten commitments: its odd x passes for a silent pairing's yes."""
    *instances, last = proof.instances.elements
    generator = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
    return generator * 10 + proof.proof[640:], [*instances, last + 1]


@pytest.mark.parametrize("reusable", [False, True])
def test_for_chain_templates_of_the_installed_ezkl_are_known(
    tiny_circuit: Circuit, tmp_path: Path, reusable: bool
) -> None:
    source = tmp_path / "verifier.sol"
    script = (
        "import asyncio, ezkl, json, sys\n"
        "async def generate(a):\n"
        "    await ezkl.create_evm_verifier(*a[:5], a[5])\n"
        "asyncio.run(generate(json.loads(sys.argv[1])))\n"
    )
    paths = tiny_circuit.paths
    arguments = [str(p) for p in (paths.verifying_key, paths.settings, source, tmp_path / "abi", paths.srs)]
    dead = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    # it fails after writing the file, for want of a compiler to download
    subprocess.run(
        [sys.executable, "-c", script, json.dumps([*arguments, reusable])], env=dead, capture_output=True, check=False
    )
    assert for_chain(source.read_text("utf-8"), ChainLayout.SUBTENSOR).count("returndatasize()") == 6
