"""VerifierRegistry: who may do what, which circuits it takes, and which version serves an epoch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.feed_fixtures import (
    ACTIVATION_DELAY,
    EPOCH_LENGTH,
    MODEL_ID,
    Actors,
    Stage,
    build_stage,
    reverts_with,
)

PROPOSED, ACTIVE, FROZEN = 1, 2, 4


@pytest.fixture(scope="module")
def stage(project: Any, chain: Any, accounts: Any) -> Stage:
    return build_stage(project, chain, Actors.of(accounts))


@pytest.fixture
def proposed(stage: Stage) -> Stage:
    """Version 1 is proposed and its delay has passed, at the start of an epoch."""
    stage.registry.propose(MODEL_ID, stage.circuit(), sender=stage.actors.proposer)
    stage.at(stage.chain.blocks.head.timestamp + ACTIVATION_DELAY)
    stage.into_epoch()
    return stage


def _activate(stage: Stage, version: int, ahead: int) -> int:
    epoch = int(stage.chain.blocks.head.timestamp // EPOCH_LENGTH + ahead)
    stage.registry.activate(MODEL_ID, version, epoch, sender=stage.actors.proposer)
    return epoch


def test_propose_proposer_stores_the_circuit(stage: Stage) -> None:
    receipt = stage.registry.propose(MODEL_ID, stage.circuit(), sender=stage.actors.proposer)
    ready_at = receipt.timestamp + ACTIVATION_DELAY
    event = receipt.events.filter(stage.registry.VersionProposed)[0]
    assert (event.versionId, event.readyAt) == (1, ready_at)
    version = stage.registry.version(MODEL_ID, 1)
    assert tuple(version.circuit) == stage.circuit()
    assert (version.status, version.readyAt, version.fromEpoch) == (PROPOSED, ready_at, 0)
    assert stage.registry.versionCount(MODEL_ID) == 1
    assert stage.registry.ACTIVATION_DELAY() == ACTIVATION_DELAY


@pytest.mark.parametrize("role", ["guardian", "restaker", "stranger"])
def test_propose_other_role_is_refused(stage: Stage, role: str) -> None:
    caller = getattr(stage.actors, role)
    with reverts_with("AccessManagedUnauthorized", caller=caller):
        stage.registry.propose(MODEL_ID, stage.circuit(), sender=caller)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        (2, {"onnxHash": b"\0" * 32}),
        (3, {"settingsHash": b"\0" * 32}),
        (4, {"verifyingKeyHash": b"\0" * 32}),
        (5, {"srsHash": b"\0" * 32}),
        (6, {"inputCount": 0}),
        (7, {"tagLimbs": 17}),
        (8, {"tagLimbBits": 0}),
        (8, {"tagLimbBits": 25}),
        (9, {"outputCount": 1}),
        (9, {"outputCount": 3}),
        (10, {"inputScaleBits": 0}),
        (10, {"inputScaleBits": 15}),
        (11, {"outputScaleBits": 0}),
        (11, {"outputScaleBits": 31}),
        (12, {"maximumDuration": 0}),
    ],
)
def test_propose_invalid_field_reverts(stage: Stage, field: int, changes: dict[str, Any]) -> None:
    with reverts_with("InvalidCircuit", field=field):
        stage.registry.propose(MODEL_ID, stage.circuit(**changes), sender=stage.actors.proposer)


def test_propose_other_code_than_stated_reverts(stage: Stage) -> None:
    stated = b"\x07" * 32
    actual = stage.circuit()[1]
    circuit = stage.circuit(verifierCodeHash=stated)
    with reverts_with("VerifierCodeMismatch", verifier=stage.verifier, expected=stated, actual=actual):
        stage.registry.propose(MODEL_ID, circuit, sender=stage.actors.proposer)


def test_propose_verifier_without_code_reverts(stage: Stage) -> None:
    nobody, empty = stage.actors.stranger, stage.circuit(verifier=stage.verifier)[1]
    circuit = stage.circuit(verifier=stage.verifier)
    circuit = (nobody.address, *circuit[1:])
    actual = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
    with reverts_with("VerifierCodeMismatch", verifier=nobody, expected=empty, actual=actual):
        stage.registry.propose(MODEL_ID, circuit, sender=stage.actors.proposer)


def test_activate_before_the_delay_reverts(stage: Stage) -> None:
    receipt = stage.registry.propose(MODEL_ID, stage.circuit(), sender=stage.actors.proposer)
    ready_at = receipt.timestamp + ACTIVATION_DELAY
    epoch = ready_at // EPOCH_LENGTH + 1
    stage.chain.pending_timestamp = ready_at - 1
    with reverts_with("VersionNotReady", versionId=1, readyAt=ready_at):
        stage.registry.activate(MODEL_ID, 1, epoch, sender=stage.actors.proposer)


def test_activate_stranger_is_refused(proposed: Stage) -> None:
    with reverts_with("AccessManagedUnauthorized", caller=proposed.actors.stranger):
        proposed.registry.activate(MODEL_ID, 1, 2**32 - 1, sender=proposed.actors.stranger)


def test_activate_first_version_may_serve_the_current_epoch(proposed: Stage) -> None:
    epoch = _activate(proposed, 1, ahead=0)
    version_id, version = proposed.registry.versionAt(MODEL_ID, epoch)
    assert version_id == 1
    assert (version[1], version[3]) == (ACTIVE, epoch)
    with reverts_with("NoVersion", modelId=MODEL_ID, epoch=epoch - 1):
        proposed.registry.versionAt(MODEL_ID, epoch - 1)


def test_activate_past_epoch_reverts(proposed: Stage) -> None:
    epoch = proposed.chain.blocks.head.timestamp // EPOCH_LENGTH
    with reverts_with("EpochAlreadyPast", fromEpoch=epoch - 1, currentEpoch=epoch):
        _activate(proposed, 1, ahead=-1)


def test_activate_later_version_current_epoch_reverts(proposed: Stage) -> None:
    _activate(proposed, 1, ahead=0)
    proposed.registry.propose(MODEL_ID, proposed.circuit(), sender=proposed.actors.proposer)
    proposed.at(proposed.chain.blocks.head.timestamp + ACTIVATION_DELAY)
    epoch = proposed.into_epoch()
    with reverts_with("EpochAlreadyPast", fromEpoch=epoch, currentEpoch=epoch):
        _activate(proposed, 2, ahead=0)


def test_activate_not_after_the_last_version_reverts(proposed: Stage) -> None:
    proposed.registry.propose(MODEL_ID, proposed.circuit(), sender=proposed.actors.proposer)
    proposed.at(proposed.chain.blocks.head.timestamp + ACTIVATION_DELAY)
    epoch = _activate(proposed, 1, ahead=9)
    with reverts_with("EpochNotAhead", fromEpoch=epoch, lastFromEpoch=epoch):
        _activate(proposed, 2, ahead=9)


def test_activate_twice_reverts(proposed: Stage) -> None:
    _activate(proposed, 1, ahead=0)
    with reverts_with("WrongStatus", modelId=MODEL_ID, versionId=1, status=ACTIVE):
        _activate(proposed, 1, ahead=5)


def test_activate_verifier_changed_since_reverts(proposed: Stage) -> None:
    expected = proposed.circuit()[1]
    proposed.chain.provider.set_code(proposed.verifier.address, "0x600160005260206000f3")
    actual = proposed.circuit()[1]
    with reverts_with("VerifierCodeMismatch", verifier=proposed.verifier, expected=expected, actual=actual):
        _activate(proposed, 1, ahead=0)


def test_version_at_successor_serves_from_its_epoch_and_changes_no_earlier_one(proposed: Stage) -> None:
    first = _activate(proposed, 1, ahead=0)
    proposed.registry.propose(MODEL_ID, proposed.circuit(), sender=proposed.actors.proposer)
    proposed.at(proposed.chain.blocks.head.timestamp + ACTIVATION_DELAY)
    second = _activate(proposed, 2, ahead=4)
    served = {e: proposed.registry.versionAt(MODEL_ID, e)[0] for e in (first, second - 1, second, second + 99)}
    assert served == {first: 1, second - 1: 1, second: 2, second + 99: 2}


@pytest.mark.parametrize("version", [0, 2])
def test_version_unknown_reverts(proposed: Stage, version: int) -> None:
    with reverts_with("UnknownVersion", modelId=MODEL_ID, versionId=version):
        proposed.registry.version(MODEL_ID, version)


def test_freeze_guardian_acts_at_once_and_for_ever(proposed: Stage) -> None:
    epoch = _activate(proposed, 1, ahead=0)
    guardian = proposed.actors.guardian
    receipt = proposed.registry.freeze(MODEL_ID, 1, sender=guardian)
    assert receipt.events.filter(proposed.registry.VersionFrozen)[0].by == guardian.address
    assert proposed.registry.isFrozen(MODEL_ID, 1)
    assert proposed.registry.versionAt(MODEL_ID, epoch)[1][1] == FROZEN
    with reverts_with("WrongStatus", modelId=MODEL_ID, versionId=1, status=FROZEN):
        proposed.registry.freeze(MODEL_ID, 1, sender=guardian)
    with reverts_with("WrongStatus", modelId=MODEL_ID, versionId=1, status=FROZEN):
        _activate(proposed, 1, ahead=3)


def test_freeze_guardian_with_an_execution_delay_acts_at_once(proposed: Stage) -> None:
    slow = proposed.actors.restaker
    proposed.authority.grantRole(2, slow, 86400, sender=proposed.actors.owner)
    proposed.registry.freeze(MODEL_ID, 1, sender=slow)
    assert proposed.registry.isFrozen(MODEL_ID, 1)


def test_freeze_unknown_version_reverts(proposed: Stage) -> None:
    with reverts_with("UnknownVersion", modelId=MODEL_ID, versionId=9):
        proposed.registry.freeze(MODEL_ID, 9, sender=proposed.actors.guardian)


@pytest.mark.parametrize("role", ["owner", "proposer", "stranger"])
def test_freeze_other_role_is_refused(proposed: Stage, role: str) -> None:
    caller = getattr(proposed.actors, role)
    with reverts_with("NotGuardian", account=caller):
        proposed.registry.freeze(MODEL_ID, 1, sender=caller)
