"""A circuit with EZKL's reusable verifier: its artefact registered and pinned, a real proof taken, compared."""

import shutil

import pytest
from eth_abi import encode
from eth_utils import keccak

from statements.errors import CircuitError
from tests.deployment.support import anvil, command, contract, found, pass_time, read, snapshot_of, write_plan
from verifier_gen import prover
from verifier_gen.circuit import CircuitPaths
from verifier_gen.isolated import run_isolated
from verifier_gen.manifest import ChainMeasurement
from verifier_gen.solidity import read_vka, write_reusable_verifier
from veristake.contracts_tool.verifier_step import checked_digest
from veristake.contracts_tool.vka import is_registered

DELAY = 3600


@pytest.fixture(scope="module")
def deployed(reusable, quick, tmp_path_factory):
    """A deployment whose version waits: (URL, web3, file)."""
    folder = tmp_path_factory.mktemp("reusable")
    more = f'adapters = ["inference_verifier"]\nactivation_delay = {DELAY}'
    plan = write_plan(folder, reusable, more)
    with quick(), anvil(31337) as (url, web3):
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", folder)
        assert result.exit_code == 0, result.stderr
        yield url, web3, folder / "31337.json"


@pytest.fixture
def chain(deployed, circuit):
    """The deployment; chain and record are as they were afterwards."""
    record = deployed[2].read_text("utf-8")
    with snapshot_of(deployed[1]):
        yield deployed
    deployed[2].write_text(record, "utf-8")


@pytest.fixture(scope="module")
def proof(circuit):
    layout = circuit.manifest.layout
    return run_isolated(prover.prove, circuit, [(-1) ** i * 31 * i for i in range(layout.input_count)], 77)


def digest_of(circuit):
    return "0x" + keccak(b"".join(read_vka(circuit.paths.vka))).hex()


def accepts(web3, deployment, circuit, proof, elements):
    """What the deployed ERC-8274 shaped adapter says of a proof."""
    adapter = contract(web3, deployment, "InferenceVerifier").functions
    cut = circuit.manifest.layout.input_count + circuit.manifest.layout.tag_limbs
    inputs, outputs = list(elements[:cut]), list(elements[cut:])
    arguments = (
        adapter.commitmentOf(inputs).call(),
        keccak(encode(["uint256[]"], [outputs])),
        encode(["uint256[]", "uint256[]"], [inputs, outputs]),
        proof,
    )
    return adapter.verify(*arguments).call()


def test_deploy_reusable_registers_the_vka_and_proposes_its_digest(chain, reusable):
    _, web3, path = chain
    deployment, digest = read(path), digest_of(reusable)
    assert {"EzklReusableVerifier", "VkaStore"} <= set(deployment.contracts)
    assert "TinyReusable" not in deployment.contracts
    assert deployment.proposed[reusable.manifest.model_name].vka_digest == digest
    assert is_registered(web3, deployment.address("EzklReusableVerifier"), digest)
    circuit = contract(web3, deployment, "VerifierRegistry").functions.version(reusable.manifest.model_id, 1).call()[0]
    assert deployment.address("EzklReusableVerifier") in circuit
    assert deployment.address("VkaStore") in circuit
    assert bytes.fromhex(digest[2:]) in circuit


def test_activate_reusable_takes_a_real_proof_and_no_changed_one(chain, reusable, proof):
    url, web3, path = chain
    pass_time(web3, DELAY)
    result = command("activate", path, "--rpc", url, "--test-index", 0)
    assert result.exit_code == 0, result.stderr
    deployment = read(path)
    assert deployment.models[reusable.manifest.model_name].vka_digest == digest_of(reusable)
    assert found(chain) == {}
    pass_time(web3, 3600)
    elements = proof.instances.elements
    assert accepts(web3, deployment, reusable, proof.proof, elements)
    assert not accepts(web3, deployment, reusable, proof.proof, (elements[0] + 1, *elements[1:]))


def test_check_vka_that_is_not_registered_any_more_is_named(chain, reusable):
    _, web3, path = chain
    verifier = read(path).address("EzklReusableVerifier")
    slot = keccak(bytes.fromhex(digest_of(reusable)[2:]) + bytes(32))
    web3.provider.make_request("anvil_setStorageAt", [verifier, "0x" + slot.hex(), "0x" + "00" * 32])
    what = f"{reusable.manifest.model_name} version 1 VKA with verifier {verifier}"
    assert found(chain) == {what: ("registered", "not registered")}


def test_check_store_that_holds_another_vka_is_named(chain, reusable):
    _, web3, path = chain
    store = read(path).contracts["VkaStore"]
    web3.provider.make_request("anvil_setCode", [store.address, "0x00" + "11" * 32])
    held = "0x" + keccak(bytes([0x11]) * 32).hex()
    changed = found(chain)
    what = f"{reusable.manifest.model_name} version 1 VKA in store {store.address}"
    assert changed.pop(what) == (digest_of(reusable), held)
    assert [name.split(" at ")[0] for name in changed] == ["VkaStore"]


def test_deploy_reusable_second_circuit_takes_the_verifier_that_is_there(chain, canary, reusable, tmp_path):
    """EZKL's template says nothing of the circuit: the canary's has the same source but for its name."""
    shutil.copytree(canary.directory, tmp_path / "other")
    paths = CircuitPaths(tmp_path / "other")
    write_reusable_verifier(paths, "TinyReusable")
    assert paths.verifier_source.read_text("utf-8") == reusable.paths.verifier_source.read_text("utf-8")
    url, _, path = chain
    # another deployer, another authority: the rest has other addresses
    plan = write_plan(tmp_path, reusable, f"adapters = []\nactivation_delay = {DELAY}")
    plan.write_text(plan.read_text("utf-8").replace("test_index = 0", "test_index = 1"), "utf-8")
    result = command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    for name in ("EzklReusableVerifier", "VkaStore"):
        assert read(tmp_path / "out" / "31337.json").address(name) == read(path).address(name)
        assert f"{name} is at {read(path).address(name)} already" in result.stderr
    assert "registering the VKA" not in result.stderr


def test_checked_digest_other_than_the_manifests_is_refused(reusable):
    measured = ChainMeasurement(
        verifier_bytes=1, verifier_code_hash="0x" + "11" * 32, vka_digest="0x" + "22" * 32, solc_version="0.8.37"
    )
    other = type(reusable)(reusable.paths, reusable.manifest.model_copy(update={"chain": measured}))
    words = read_vka(reusable.paths.vka)
    assert checked_digest(reusable, words) == digest_of(reusable)
    with pytest.raises(CircuitError, match="the circuit's manifest says 0x2222"):
        checked_digest(other, words)
