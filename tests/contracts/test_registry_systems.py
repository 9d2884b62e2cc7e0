"""VerifierRegistry: the end of a version, proof systems that are frozen whole, canaries, and what stays frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from statements.subject import model_id
from tests.contracts.feed_fixtures import (
    ACTIVATION_DELAY,
    EPOCH_LENGTH,
    MODEL_ID,
    ZERO_ADDRESS,
    Actors,
    Stage,
    build_stage,
    reverts_with,
)

PROPOSED, ACTIVE, DEPRECATED, FROZEN = 1, 2, 3, 4
OTHER_MODEL = model_id("veristake/other/1")
CEREMONY = b"\x0c" * 32


@dataclass(frozen=True)
class Served:
    """Version 1 serves, and there is a canary of its proof system, which nobody trusts yet."""

    stage: Stage
    system: bytes
    canary: Any
    proof: bytes

    @property
    def registry(self) -> Any:
        return self.stage.registry

    @property
    def now(self) -> int:
        return int(self.stage.chain.blocks.head.timestamp) // EPOCH_LENGTH

    def system_of(self, circuit: tuple[Any, ...]) -> bytes:
        return keccak(encode(["bytes32", "bytes32", "uint8"], [circuit[5], circuit[15], circuit[19]]))


@pytest.fixture(scope="module")
def served(project: Any, chain: Any, accounts: Any) -> Served:
    stage = build_stage(project, chain, Actors.of(accounts))
    stage.serve()
    owner = stage.actors.owner
    system = bytes(stage.registry.proofSystemOf(MODEL_ID, 1))
    twin = owner.deploy(project.SatisfiableCanaryVerifier)
    code_hash = keccak(chain.provider.get_code(twin.address))
    canary = owner.deploy(project.CanaryStop, stage.registry, system, twin, code_hash, [7])
    stage.authority.setTargetFunctionRole(
        stage.registry, [keccak(text=stage.registry.deprecate.abis[0].selector)[:4]], 1, sender=owner
    )
    return Served(stage, system, canary, bytes(twin.PROOF()))


def test_deprecate_last_version_serves_until_its_end(served: Served) -> None:
    registry, until = served.registry, served.now + 2
    receipt = registry.deprecate(MODEL_ID, 1, until, sender=served.stage.actors.proposer)
    event = receipt.events.filter(registry.VersionDeprecated)[0]
    assert (event.versionId, event.untilEpoch) == (1, until)
    assert registry.version(MODEL_ID, 1).status == DEPRECATED
    assert registry.servingAt(MODEL_ID, until - 1).versionId == 1
    with reverts_with("NoVersion", modelId=MODEL_ID, epoch=until):
        registry.servingAt(MODEL_ID, until)


@pytest.mark.parametrize("ahead", [-1, 0])
def test_deprecate_epoch_that_has_begun_reverts(served: Served, ahead: int) -> None:
    with reverts_with("CannotDeprecate", modelId=MODEL_ID, versionId=1):
        served.registry.deprecate(MODEL_ID, 1, served.now + ahead, sender=served.stage.actors.proposer)


def test_deprecate_frozen_version_reverts(served: Served) -> None:
    served.registry.freeze(MODEL_ID, 1, sender=served.stage.actors.guardian)
    with reverts_with("WrongStatus", modelId=MODEL_ID, versionId=1, status=FROZEN):
        served.registry.deprecate(MODEL_ID, 1, served.now + 2, sender=served.stage.actors.proposer)


@pytest.mark.parametrize("role", ["guardian", "stranger"])
def test_deprecate_other_role_is_refused(served: Served, role: str) -> None:
    caller = getattr(served.stage.actors, role)
    with reverts_with("AccessManagedUnauthorized", caller=caller):
        served.registry.deprecate(MODEL_ID, 1, served.now + 2, sender=caller)


def test_activate_too_far_ahead_reverts(served: Served) -> None:
    stage = served.stage
    stage.registry.propose(OTHER_MODEL, stage.circuit(), sender=stage.actors.proposer)
    stage.at(stage.chain.blocks.head.timestamp + ACTIVATION_DELAY)
    stage.into_epoch()
    latest = served.now + stage.registry.MAXIMUM_LEAD_EPOCHS()
    with reverts_with("EpochTooFarAhead", fromEpoch=latest + 1, latest=latest):
        stage.registry.activate(OTHER_MODEL, 1, latest + 1, sender=stage.actors.proposer)


def test_proof_system_members_are_what_serves(served: Served) -> None:
    circuit = served.stage.circuit()
    assert served.system == served.system_of(circuit)
    assert [tuple(member) for member in served.registry.membersOf(served.system)] == [(bytes.fromhex(MODEL_ID[2:]), 1)]
    assert len(served.registry.membersOf(served.system)) <= served.registry.MAXIMUM_MEMBERS()
    assert [bytes(model) for model in served.registry.models()] == [bytes.fromhex(MODEL_ID[2:])]
    assert not served.registry.isProofSystemFrozen(served.system)


def test_freeze_proof_system_guardian_freezes_all_of_it_and_nothing_else(served: Served) -> None:
    stage, registry = served.stage, served.registry
    registry.propose(OTHER_MODEL, stage.circuit(), sender=stage.actors.proposer)
    registry.propose(OTHER_MODEL, stage.circuit(srsHash=CEREMONY), sender=stage.actors.proposer)
    receipt = registry.freezeProofSystem(served.system, sender=stage.actors.guardian)
    event = receipt.events.filter(registry.ProofSystemFrozen)[0]
    assert (bytes(event.proofSystem), event.by) == (served.system, stage.actors.guardian.address)
    assert registry.isProofSystemFrozen(served.system)
    assert [registry.isFrozen(MODEL_ID, 1), registry.isFrozen(OTHER_MODEL, 1)] == [True, True]
    assert registry.version(OTHER_MODEL, 2).status == PROPOSED
    other_code = stage.circuit(verifier=stage.price_feed)
    with reverts_with("FrozenProofSystem", proofSystem=served.system):
        registry.propose(MODEL_ID, other_code, sender=stage.actors.proposer)
    with reverts_with("FrozenProofSystem", proofSystem=served.system):
        registry.freezeProofSystem(served.system, sender=stage.actors.guardian)


@pytest.mark.parametrize("role", ["owner", "proposer", "stranger"])
def test_freeze_proof_system_other_role_is_refused(served: Served, role: str) -> None:
    caller = getattr(served.stage.actors, role)
    with reverts_with("NotGuardian", account=caller):
        served.registry.freezeProofSystem(served.system, sender=caller)


def test_trust_canary_its_proof_freezes_the_system_for_anybody(served: Served) -> None:
    registry, actors = served.registry, served.stage.actors
    assert (served.canary.REGISTRY(), bytes(served.canary.PROOF_SYSTEM())) == (registry.address, served.system)
    receipt = registry.trustCanary(served.canary, sender=actors.owner)
    assert receipt.events.filter(registry.CanaryTrusted)[0].canary == served.canary.address
    assert bytes(registry.canaryOf(served.canary)) == served.system
    with reverts_with("CanaryNotProven"):
        served.canary.prove(b"another proof", sender=actors.stranger)
    assert not registry.isProofSystemFrozen(served.system)
    served.canary.prove(served.proof, sender=actors.stranger)
    assert registry.isProofSystemFrozen(served.system)


def test_prove_canary_that_nobody_trusts_is_refused(served: Served) -> None:
    with reverts_with("NotGuardian", account=served.canary):
        served.canary.prove(served.proof, sender=served.stage.actors.stranger)


def test_trust_canary_stranger_is_refused(served: Served) -> None:
    stranger = served.stage.actors.stranger
    with reverts_with("AccessManagedUnauthorized", caller=stranger):
        served.registry.trustCanary(served.canary, sender=stranger)


def test_trust_canary_of_another_registry_reverts(served: Served) -> None:
    stage = served.stage
    another = stage.actors.owner.deploy(stage.project.VerifierRegistry, stage.authority, ACTIVATION_DELAY, EPOCH_LENGTH)
    with reverts_with("CanaryOfAnotherRegistry", canary=served.canary, registry=stage.registry):
        another.trustCanary(served.canary, sender=stage.actors.owner)


@pytest.mark.parametrize(("parameter", "value"), [(0, ZERO_ADDRESS), (1, b"\0" * 32), (4, [])])
def test_canary_constructor_without_a_part_reverts(served: Served, parameter: int, value: Any) -> None:
    canary = served.canary
    parts = [served.registry, served.system, canary.VERIFIER(), canary.VERIFIER_CODE_HASH(), [7]]
    parts[parameter] = value
    with reverts_with("CanaryIncomplete", parameter=parameter):
        served.stage.actors.owner.deploy(served.stage.project.CanaryStop, *parts)


def test_propose_code_of_a_frozen_version_reverts(served: Served) -> None:
    stage, code_hash = served.stage, served.stage.circuit()[1]
    assert not stage.registry.isVerifierCodeFrozen(code_hash, b"\0" * 32)
    stage.registry.freeze(MODEL_ID, 1, sender=stage.actors.guardian)
    assert stage.registry.isVerifierCodeFrozen(code_hash, b"\0" * 32)
    with reverts_with("FrozenVerifierCode", verifierCodeHash=code_hash):
        stage.registry.propose(OTHER_MODEL, stage.circuit(), sender=stage.actors.proposer)


def test_propose_store_with_another_artefact_reverts(served: Served) -> None:
    stage, store = served.stage, served.stage.actors.stranger
    artefact = encode(["uint256"] * 3, [1, 2, 3])
    stage.chain.provider.set_code(store.address, "0x00" + artefact.hex())
    circuit = stage.circuit(vkaStore=store.address, vkaDigest=b"\x0d" * 32)
    with reverts_with("VkaMismatch", vkaStore=store, expected=b"\x0d" * 32, actual=keccak(artefact)):
        stage.registry.propose(OTHER_MODEL, circuit, sender=stage.actors.proposer)


def test_propose_addition_where_this_chain_has_none_reverts(served: Served) -> None:
    stage = served.stage
    with reverts_with("PrecompileUnusable", precompile=9):
        stage.registry.propose(OTHER_MODEL, stage.circuit(additionPrecompile=9), sender=stage.actors.proposer)
