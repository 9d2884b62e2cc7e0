"""The canary of a deployment: trusted, able to freeze, compared; another circuit is no canary."""

import shutil

import pytest
from eth_utils import keccak

from statements.errors import CircuitError
from tests.deployment.support import (
    command,
    contract,
    execute,
    found,
    read,
    refused,
    transact,
    write_plan,
)
from verifier_gen.canary import proof_system, unreachable_instances
from veristake.contracts_tool.circuits import check_is_canary, open_circuits
from veristake.contracts_tool.plan import load_plan
from veristake.contracts_tool.record import deployed_contract

STRANGER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"


def test_deploy_canary_is_trusted_for_the_circuits_proof_system(home, circuit, canary):
    _, web3, path = home
    deployment = read(path)
    registry, stop = contract(web3, deployment, "VerifierRegistry"), contract(web3, deployment, "CanaryStop")
    system = registry.functions.proofSystemOf(circuit.manifest.model_id, 1).call()
    assert "0x" + system.hex() == proof_system(circuit.manifest)
    assert registry.functions.canaryOf(stop.address).call() == system
    assert stop.functions.instances().call() == list(unreachable_instances(canary.manifest))
    assert stop.functions.VERIFIER().call() == deployment.address("CanaryVerifier")
    with pytest.raises(Exception, match="0x" + keccak(text="CanaryNotProven()")[:4].hex()):
        stop.functions.prove(b"no proof").call()


def test_check_proof_system_that_the_canary_froze_is_named(home, circuit):
    """As if somebody had brought it a proof: the canary itself tells the registry."""
    _, web3, path = home
    deployment = read(path)
    registry = contract(web3, deployment, "VerifierRegistry")
    system = proof_system(circuit.manifest)
    transact(web3, registry.functions.freezeProofSystem(system), deployment.address("CanaryStop"))
    changed = found(home)
    assert changed[f"proof system {system}"] == ("in use", "frozen")
    assert changed[f"{circuit.manifest.model_name} version 1 status"][1] == "Frozen"


def test_check_canary_that_nobody_recorded_is_named(home):
    """It has the recorded one's code, but other instances could be within reach."""
    _, web3, path = home
    deployment = read(path)
    code = web3.eth.get_code(deployment.address("CanaryStop"))
    web3.provider.make_request("anvil_setCode", [STRANGER, "0x" + code.hex()])
    execute(web3, deployment, "VerifierRegistry", "trustCanary", STRANGER)
    system = deployment.settings["CanaryStop"]["PROOF_SYSTEM"]
    assert found(home) == {f"canary {STRANGER}": ("not trusted", f"trusted for {system}")}
    spare = deployed_contract(web3, STRANGER)
    altered = path.with_name("altered.json")
    contracts = {**deployment.contracts, "CanaryStop:spare": spare}
    altered.write_text(deployment.model_copy(update={"contracts": contracts}).to_json(), "utf-8")
    assert found((home[0], web3, altered)) == {}


def test_check_canary_that_is_not_trusted_and_pins_another_instance_is_named(home):
    """The registry's entry and the pinned instance are storage: no code hash shows them."""
    _, web3, path = home
    deployment = read(path)
    stop, registry = deployment.address("CanaryStop"), deployment.address("VerifierRegistry")
    system = deployment.settings["CanaryStop"]["PROOF_SYSTEM"]
    for slot in range(64):
        entry = keccak(bytes(12) + bytes.fromhex(stop[2:]) + slot.to_bytes(32, "big"))
        web3.provider.make_request("anvil_setStorageAt", [registry, "0x" + entry.hex(), "0x" + "00" * 32])
    first = "0x" + keccak(bytes(32)).hex()
    web3.provider.make_request("anvil_setStorageAt", [stop, first, "0x" + "00" * 31 + "01"])
    pinned = deployment.settings["CanaryStop"]["instances"]
    assert found(home) == {
        f"CanaryStop at {stop}": (f"trusted for {system}", "not trusted"),
        "CanaryStop.instances": (pinned, "[1]"),
    }


def test_deploy_canary_that_is_another_circuit_is_refused(home, circuit, tmp_path):
    """The served circuit itself is of the same proof system, and its instances are within everybody's reach."""
    plan = write_plan(tmp_path, circuit, f'canary = "{circuit.directory}"')
    arguments = ["--plan", plan, "--rpc", home[0]]
    refused(arguments, home[1], tmp_path / "out", "canary tiny is not the shipped canary", "circuit canary")


def test_deploy_canary_of_another_proof_system_is_refused(circuit, canary):
    other = canary.manifest.model_copy(update={"srs_hash": "0x" + "12" * 32})
    with pytest.raises(CircuitError, match="canary canary has srs_hash 0x1212"):
        check_is_canary(other, circuit.manifest)


def test_deploy_canary_with_a_changed_file_is_refused(home, circuit, canary, tmp_path):
    folder = tmp_path / "canary"
    shutil.copytree(canary.directory, folder)
    (folder / "verifying.key").write_bytes(b"another key")
    plan = write_plan(tmp_path, circuit, f'canary = "{folder}"')
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", "canary/verifying.key has sha256")


def test_open_circuits_public_chain_without_canary_is_refused(circuit, tmp_path):
    plan = load_plan(write_plan(tmp_path, circuit, chain_id=10))
    with pytest.raises(CircuitError, match="canary is not given; chain 10 is not local"):
        open_circuits(plan)


def test_deploy_canary_added_to_a_plan_that_is_deployed_is_refused_and_not_recorded(home, circuit, canary, tmp_path):
    """Only the admin can have it trusted then: the record does not claim it."""
    url, output = home[0], tmp_path / "out"
    plan = write_plan(tmp_path, circuit, 'salt = "no canary"')
    assert command("deploy", "--plan", plan, "--rpc", url, "--output", output).exit_code == 0
    plan = write_plan(tmp_path, circuit, f'salt = "no canary"\ncanary = "{canary.directory}"')
    (output / "31337.journal.json").rename(tmp_path / "journal.json")
    refusal = command("deploy", "--plan", plan, "--rpc", url, "--output", output)
    assert refusal.exit_code != 0
    assert "CanaryStop" not in read(output / "31337.json").contracts
