"""The canary with real EZKL: nobody reaches its instance, while its satisfiable twin's proof freezes the system."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_hash.auto import keccak
from web3.contract import Contract
from web3.exceptions import ContractCustomError, Web3RPCError

from statements.errors import CircuitError
from statements.quantities import FIELD_MODULUS
from tests.integration.canary_circuits import prove_claiming, satisfiable_twin_recipe
from tests.integration.conftest import BUILD
from tests.integration.registry_stage import RegistryStage, registry_stage
from tests.integration.relayer_chain import deploy, send
from verifier_gen import prover
from verifier_gen.build import BuildOptions, ensure_circuit
from verifier_gen.canary import canary_recipe, proof_system, require_guards, unreachable_instances
from verifier_gen.canary_command import canary as canary_command
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.witnesses import run_witnesses

MODEL = keccak(b"veristake/canary-test/1")
ONE = 256
"""1.0 at the canary's scale."""


@pytest.fixture(scope="module")
def canary(tiny_circuit: Circuit) -> Circuit:
    return ensure_circuit(canary_recipe(tiny_circuit.manifest), BUILD / "canaries", BUILD / "srs")


@pytest.fixture(scope="module")
def twin(tiny_circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    recipe = satisfiable_twin_recipe(tmp_path_factory.mktemp("twin"), tiny_circuit.manifest)
    return ensure_circuit(recipe, BUILD / "canaries", BUILD / "srs", options=BuildOptions(correctness=False))


def install(stage: RegistryStage, circuit: Circuit) -> Contract:
    return stage.install(circuit.paths.verifier_source, circuit.manifest.verifier_contract)


@dataclass(frozen=True)
class Guarded:
    """A registry that serves the tiny circuit."""

    stage: RegistryStage
    system: bytes

    def trusted_canary(self, circuit: Circuit) -> Contract:
        stage = self.stage
        installed = install(stage, circuit)
        pinned = list(unreachable_instances(circuit.manifest))
        arguments = (stage.registry.address, self.system, installed.address, stage.code_hash(installed), pinned)
        stop = deploy(stage.web3, stage.admin, "CanaryStop", *arguments)
        send(stage.web3, stage.registry.functions.trustCanary(stop.address), stage.admin)
        return stop

    @property
    def frozen(self) -> tuple[bool, bool]:
        functions = self.stage.registry.functions
        return functions.isProofSystemFrozen(self.system).call(), functions.isFrozen(MODEL, 1).call()


@pytest.fixture
def guarded(tiny_circuit: Circuit) -> Iterator[Guarded]:
    with registry_stage() as stage:
        stage.serve(MODEL, stage.circuit(tiny_circuit.manifest, install(stage, tiny_circuit)))
        yield Guarded(stage, bytes(stage.registry.functions.proofSystemOf(MODEL, 1).call()))


def test_require_guards_canary_over_another_srs_is_refused(canary: Circuit, tiny_circuit: Circuit) -> None:
    require_guards(canary.manifest, tiny_circuit.manifest)
    other = canary.manifest.model_copy(update={"srs_hash": "0x" + "12" * 32})
    with pytest.raises(CircuitError, match="canary canary has srs_hash 0x1212"):
        require_guards(other, tiny_circuit.manifest)


def test_canary_command_says_what_the_contract_takes(canary: Circuit, tiny_circuit: Circuit) -> None:
    folders = ["--out", str(BUILD / "canaries"), "--srs", str(BUILD / "srs")]
    done = CliRunner().invoke(canary_command, [str(tiny_circuit.directory), *folders, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["proof_system"] == proof_system(tiny_circuit.manifest)
    assert said["instances"] == [str(FIELD_MODULUS - ONE)]
    assert Path(said["verifier_source"]) == canary.paths.verifier_source


def test_canary_no_witness_reaches_its_instance_and_no_liar_proves_it(canary: Circuit) -> None:
    given = [-3 * ONE, -ONE, -1, 0, 1, ONE, 3 * ONE]
    outputs = [found.outputs for found in run_isolated(run_witnesses, canary.paths.compiled, [((x,),) for x in given])]
    assert outputs == [(max(x, 0),) for x in given]
    for x in (-ONE, ONE):
        assert not run_isolated(prove_claiming, canary.paths, x, -ONE)[1]


def test_prove_real_canary_honest_and_lying_proofs_freeze_nothing(canary: Circuit, guarded: Guarded) -> None:
    honest = run_isolated(prover.prove, canary, [ONE], 0)
    assert run_isolated(prover.verify, canary, honest.instances, honest.proof)
    pinned = honest.instances.model_copy(update={"elements": unreachable_instances(canary.manifest)})
    assert not run_isolated(prover.verify, canary, pinned, honest.proof)
    assert proof_system(canary.manifest) == "0x" + guarded.system.hex()
    stop = guarded.trusted_canary(canary)
    # the verifier does take the honest output, so it refuses the pinned one for what it is
    direct = guarded.stage.web3.eth.contract(stop.functions.VERIFIER().call(), abi=install(guarded.stage, canary).abi)
    assert direct.functions.verifyProof(honest.proof, list(honest.instances.elements)).call()
    lie, _ = run_isolated(prove_claiming, canary.paths, -ONE, -ONE)
    assert len(lie) == len(honest.proof)
    for proof in (honest.proof, lie):
        with pytest.raises((ContractCustomError, Web3RPCError), match="0x" + keccak(b"CanaryNotProven()")[:4].hex()):
            stop.functions.prove(proof).transact({"from": guarded.stage.admin})
    assert guarded.frozen == (False, False)


def test_prove_satisfiable_twin_by_anybody_freezes_the_system(twin: Circuit, guarded: Guarded) -> None:
    proof, verified = run_isolated(prove_claiming, twin.paths, ONE, -ONE)
    assert verified
    stop = guarded.trusted_canary(twin)
    assert guarded.frozen == (False, False)
    stranger = guarded.stage.web3.eth.accounts[-1]
    send(guarded.stage.web3, stop.functions.prove(proof), stranger)
    assert guarded.frozen == (True, True)
