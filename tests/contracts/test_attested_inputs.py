"""AttestedInputs: what attesters sign in Python is what the contract checks, and nothing less is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data

from statements.attestation import InputAttestation
from tests.contracts.feed_fixtures import (
    EPOCH_LENGTH,
    FEATURES_HASH,
    ZERO_ADDRESS,
    Actors,
    Stage,
    build_stage,
    reverts_with,
)

HOME_CHAIN = 31337
ATTESTER_DELAY = 86400
CARRIED = 2
HOME_OBSERVER = "0x" + "0b" * 20
INPUTS = tuple((-1) ** i * (i * 257 % 8193) for i in range(32))
ATTESTERS = sorted(
    (Account.from_key(bytes([seed]) * 32) for seed in (1, 2, 3)), key=lambda account: int(account.address, 16)
)
OUTSIDER = Account.from_key(b"\x09" * 32)


@dataclass(frozen=True)
class Abroad:
    """A chain that takes inputs of another; two of three attesters have to sign."""

    stage: Stage
    contract: Any

    def attestation(self, **changes: Any) -> InputAttestation:
        now = self.stage.chain.blocks.head.timestamp
        fields = {
            "destination_chain_id": self.stage.chain.chain_id,
            "destination": self.contract.address,
            "home_chain_id": HOME_CHAIN,
            "observer": HOME_OBSERVER,
            "home_block_hash": "0x" + "5a" * 32,
            "asset": self.stage.token.address,
            "epoch": now // EPOCH_LENGTH,
            "config_version": 3,
            "observed_at": now - 5,
            "expiry": now + 600,
            "features_hash": FEATURES_HASH,
            "inputs": INPUTS,
        }
        return InputAttestation(**{**fields, **changes})

    def attest(self, attestation: InputAttestation, signatures: list[bytes]) -> Any:
        return self.contract.attest(attestation.as_call_argument(), signatures, sender=self.stage.actors.stranger)


def _sign(attestation: InputAttestation, *signers: Any) -> list[bytes]:
    message = encode_typed_data(full_message=attestation.typed_data())
    return [bytes(signer.sign_message(message).signature) for signer in signers]


def _deploy(stage: Stage, attesters: list[str], threshold: int, **changes: Any) -> Any:
    fields = {
        "authority": stage.authority,
        "home": HOME_CHAIN,
        "observer": HOME_OBSERVER,
        "epoch_length": EPOCH_LENGTH,
        "count": 32,
    }
    delay = changes.pop("delay", ATTESTER_DELAY)
    arguments = {**fields, **changes}.values()
    return stage.actors.owner.deploy(stage.project.AttestedInputs, *arguments, attesters, threshold, delay)


@pytest.fixture(scope="module")
def abroad(project: Any, chain: Any, accounts: Any) -> Abroad:
    stage = build_stage(project, chain, Actors.of(accounts))
    return Abroad(stage, _deploy(stage, [account.address for account in ATTESTERS], 2))


def test_attestation_digest_equals_what_python_signs(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    message = encode_typed_data(full_message=attestation.typed_data())
    digest = abroad.contract.attestationDigest(attestation.as_call_argument())
    assert bytes(digest) == _hash_eip191_message(message)


@pytest.mark.parametrize("signers", [ATTESTERS[:2], ATTESTERS[1:], ATTESTERS])
def test_attest_threshold_of_attesters_stores_the_inputs(abroad: Abroad, signers: list[Any]) -> None:
    attestation = abroad.attestation()
    receipt = abroad.attest(attestation, _sign(attestation, *signers))
    event = receipt.events.filter(abroad.contract.InputsAttested)[0]
    assert (event.asset, event.epoch) == (attestation.asset, attestation.epoch)
    inputs, origin = abroad.contract.inputsOf(attestation.asset, attestation.epoch)
    assert tuple(inputs) == INPUTS
    features = bytes.fromhex(FEATURES_HASH[2:])
    assert origin == (HOME_CHAIN, attestation.observer, 3, attestation.observed_at, features)
    assert tuple(abroad.contract.home()) == (HOME_CHAIN, attestation.observer)


def test_attest_extremes_of_int16_are_kept(abroad: Abroad) -> None:
    inputs = (-(2**15), 2**15 - 1, -1, 0) * 8
    attestation = abroad.attestation(inputs=inputs)
    abroad.attest(attestation, _sign(attestation, *ATTESTERS))
    assert tuple(abroad.contract.inputsOf(attestation.asset, attestation.epoch)[0]) == inputs


def test_inputs_of_nothing_attested_reverts(abroad: Abroad) -> None:
    with reverts_with("InputsUnavailable", asset=abroad.stage.token, epoch=7):
        abroad.contract.inputsOf(abroad.stage.token, 7)


def test_attest_twice_reverts(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    abroad.attest(attestation, _sign(attestation, *ATTESTERS))
    with reverts_with("AlreadyAttested", asset=attestation.asset, epoch=attestation.epoch):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))


def test_attest_contradicting_quorum_stops_the_source(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    abroad.attest(attestation, _sign(attestation, *ATTESTERS))
    other = abroad.attestation(epoch=attestation.epoch, inputs=(0,) * 32)
    receipt = abroad.attest(other, _sign(other, *ATTESTERS))
    event = receipt.events.filter(abroad.contract.ConflictingQuorums)[0]
    assert (event.asset, event.epoch) == (attestation.asset, attestation.epoch)
    assert abroad.contract.stopped()
    with reverts_with("InputsUnavailable", asset=attestation.asset, epoch=attestation.epoch):
        abroad.contract.inputsOf(attestation.asset, attestation.epoch)


def test_attest_stranger_reverts(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    signers = sorted([ATTESTERS[0], OUTSIDER], key=lambda account: int(account.address, 16))
    with reverts_with("NotAnAttester", signer=OUTSIDER.address):
        abroad.attest(attestation, _sign(attestation, *signers))


def test_attest_one_of_two_signatures_reverts(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    with reverts_with("TooFewSignatures", given=1, needed=2):
        abroad.attest(attestation, _sign(attestation, ATTESTERS[0]))


def test_attest_same_signer_twice_reverts(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    signer = ATTESTERS[0].address
    with reverts_with("SignersNotSorted", previous=signer, next=signer):
        abroad.attest(attestation, _sign(attestation, ATTESTERS[0], ATTESTERS[0]))


def test_attest_unsorted_signers_reverts(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    with reverts_with("SignersNotSorted", previous=ATTESTERS[1].address, next=ATTESTERS[0].address):
        abroad.attest(attestation, _sign(attestation, ATTESTERS[1], ATTESTERS[0]))


def test_attest_malformed_signature_reverts(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    with reverts_with("ECDSAInvalidSignatureLength", length=64):
        abroad.attest(attestation, [s[:64] for s in _sign(attestation, *ATTESTERS)])


def _recovered(attestation: InputAttestation, signature: bytes) -> str:
    """Who a signature seems to come from when it was made for something else."""
    message = encode_typed_data(full_message=attestation.typed_data())
    return str(Account.recover_message(message, signature=signature))


@pytest.mark.parametrize(
    "change",
    [
        {"asset": "0x" + "a5" * 20},
        {"home_block_hash": "0x" + "5b" * 32},
        {"config_version": 4},
        {"inputs": (1, *INPUTS[1:])},
    ],
)
def test_attest_changed_after_signing_reverts(abroad: Abroad, change: dict[str, Any]) -> None:
    signed = abroad.attestation()
    changed = signed.model_copy(update=change)
    signatures = _sign(signed, *ATTESTERS)
    with reverts_with("NotAnAttester", signer=_recovered(changed, signatures[0])):
        abroad.attest(changed, signatures)


@pytest.mark.parametrize("change", [{"destination_chain_id": 1}, {"destination": "0x" + "de" * 20}])
def test_attest_signed_for_another_destination_reverts(abroad: Abroad, change: dict[str, Any]) -> None:
    here = abroad.attestation()
    signatures = _sign(here.model_copy(update=change), *ATTESTERS)
    with reverts_with("NotAnAttester", signer=_recovered(here, signatures[0])):
        abroad.attest(here, signatures)


@pytest.mark.parametrize("change", [{"home_chain_id": 5}, {"observer": "0x" + "0c" * 20}])
def test_attest_other_home_reverts(abroad: Abroad, change: dict[str, Any]) -> None:
    attestation = abroad.attestation(**change)
    with reverts_with("WrongHome", homeChainId=attestation.home_chain_id, observer=attestation.observer):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))


def test_attest_expired_reverts(abroad: Abroad) -> None:
    attestation = abroad.attestation()
    abroad.stage.chain.pending_timestamp = attestation.expiry + 1
    with reverts_with("AttestationExpired", expiry=attestation.expiry):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))


def test_attest_observed_in_the_future_reverts(abroad: Abroad) -> None:
    later = abroad.stage.chain.blocks.head.timestamp + 500
    attestation = abroad.attestation(observed_at=later)
    with reverts_with("AttestationFromFuture", observedAt=later):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))


@pytest.mark.parametrize("count", [0, 31, 33])
def test_attest_wrong_input_count_reverts(abroad: Abroad, count: int) -> None:
    attestation = abroad.attestation(inputs=(1,) * count)
    with reverts_with("WrongInputCount", given=count, expected=32):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))


@pytest.mark.parametrize("value", [2**15, -(2**15) - 1, 2**255 - 1, -(2**255)])
def test_attest_input_outside_int16_reverts(abroad: Abroad, value: int) -> None:
    attestation = abroad.attestation(inputs=(*INPUTS[:20], value, *INPUTS[21:]))
    with reverts_with("InputOutOfRange", index=20, value=value):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))


def test_announce_attesters_owner_replaces_the_set_after_the_delay(abroad: Abroad) -> None:
    owner, stranger = abroad.stage.actors.owner, abroad.stage.actors.stranger
    receipt = abroad.contract.announceAttesters([OUTSIDER.address], 1, sender=owner)
    ready_at = receipt.timestamp + ATTESTER_DELAY
    assert receipt.events.filter(abroad.contract.AttestersAnnounced)[0].readyAt == ready_at
    assert tuple(abroad.contract.announcedAttesters()) == ([OUTSIDER.address], 1, ready_at)
    abroad.stage.chain.pending_timestamp = ready_at - 1
    with reverts_with("AttestersNotReady", readyAt=ready_at):
        abroad.contract.acceptAttesters(sender=stranger)
    abroad.stage.chain.pending_timestamp = ready_at
    receipt = abroad.contract.acceptAttesters(sender=stranger)
    assert receipt.events.filter(abroad.contract.AttestersChanged)[0].threshold == 1
    assert abroad.contract.threshold() == 1
    assert tuple(abroad.contract.announcedAttesters()) == ([], 0, 0)
    assert list(abroad.contract.attesters()) == [OUTSIDER.address]
    assert abroad.contract.isAttester(OUTSIDER.address)
    assert not abroad.contract.isAttester(ATTESTERS[0].address)
    attestation = abroad.attestation()
    with reverts_with("NotAnAttester", signer=ATTESTERS[0].address):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))
    abroad.attest(attestation, _sign(attestation, OUTSIDER))


def test_stop_attesting_guardian_stops_at_once(abroad: Abroad) -> None:
    guardian = abroad.stage.actors.guardian
    receipt = abroad.contract.stopAttesting(sender=guardian)
    assert receipt.events.filter(abroad.contract.AttestingStopped)[0].guardian == guardian.address
    assert abroad.contract.stopped()
    attestation = abroad.attestation()
    with reverts_with("AttestingIsStopped"):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))
    with reverts_with("NotGuardian", account=abroad.stage.actors.stranger):
        abroad.contract.stopAttesting(sender=abroad.stage.actors.stranger)


def test_announce_attesters_stranger_is_refused(abroad: Abroad) -> None:
    stranger = abroad.stage.actors.stranger
    with reverts_with("AccessManagedUnauthorized", caller=stranger):
        abroad.contract.announceAttesters([stranger], 1, sender=stranger)


@pytest.mark.parametrize(("count", "threshold"), [(0, 0), (3, 0), (3, 1), (2, 1), (3, 4)])
def test_announce_attesters_threshold_not_a_majority_reverts(abroad: Abroad, count: int, threshold: int) -> None:
    chosen = [account.address for account in ATTESTERS[:count]]
    with reverts_with("InvalidThreshold", threshold=threshold, attesters=count):
        abroad.contract.announceAttesters(chosen, threshold, sender=abroad.stage.actors.owner)


def test_announce_attesters_one_twice_reverts(abroad: Abroad) -> None:
    twice = [OUTSIDER.address, OUTSIDER.address]
    with reverts_with("DuplicateAttester", attester=OUTSIDER.address):
        abroad.contract.announceAttesters(twice, 2, sender=abroad.stage.actors.owner)


def test_announce_attesters_zero_address_reverts(abroad: Abroad) -> None:
    with reverts_with("AttestedInputsZeroAddress"):
        abroad.contract.announceAttesters([ZERO_ADDRESS], 1, sender=abroad.stage.actors.owner)


@pytest.mark.parametrize("changes", [{"authority": ZERO_ADDRESS}, {"observer": ZERO_ADDRESS}])
def test_constructor_zero_address_reverts(abroad: Abroad, changes: dict[str, Any]) -> None:
    with reverts_with("AttestedInputsZeroAddress"):
        _deploy(abroad.stage, [OUTSIDER.address], 1, **changes)


def test_constructor_set_that_could_change_at_once_reverts(abroad: Abroad) -> None:
    with reverts_with("AttesterDelayIsZero"):
        _deploy(abroad.stage, [OUTSIDER.address], 1, delay=0)


def test_constructor_epochs_without_length_revert(abroad: Abroad) -> None:
    with reverts_with("EpochLengthIsZero"):
        _deploy(abroad.stage, [OUTSIDER.address], 1, epoch_length=0)


def test_accept_attesters_nobody_announced_reverts(abroad: Abroad) -> None:
    with reverts_with("AttestersNotAnnounced"):
        abroad.contract.acceptAttesters(sender=abroad.stage.actors.stranger)


@pytest.mark.parametrize("epochs", [-1, CARRIED + 1])
def test_attest_epoch_that_the_observation_cannot_be_of_reverts(abroad: Abroad, epochs: int) -> None:
    observed_at = abroad.stage.chain.blocks.head.timestamp - 5
    attestation = abroad.attestation(observed_at=observed_at, epoch=observed_at // EPOCH_LENGTH + epochs)
    with reverts_with("EpochDoesNotFitObservation", epoch=attestation.epoch, observedAt=observed_at):
        abroad.attest(attestation, _sign(attestation, *ATTESTERS))


def test_era_stopped_source_begins_anew_with_the_next_attesters(abroad: Abroad) -> None:
    owner, guardian = abroad.stage.actors.owner, abroad.stage.actors.guardian
    assert (abroad.contract.INPUT_COUNT(), abroad.contract.ATTESTER_DELAY()) == (32, ATTESTER_DELAY)
    attestation = abroad.attestation()
    abroad.attest(attestation, _sign(attestation, *ATTESTERS))
    assert abroad.contract.era() == abroad.contract.eraOf(attestation.asset, attestation.epoch) == 1
    abroad.contract.stopAttesting(sender=guardian)
    assert (abroad.contract.era(), abroad.contract.eraOf(attestation.asset, attestation.epoch)) == (2, 1)
    with reverts_with("InputsUnavailable", asset=attestation.asset, epoch=attestation.epoch):
        abroad.contract.inputsOf(attestation.asset, attestation.epoch)
    abroad.contract.announceAttesters([OUTSIDER.address], 1, sender=owner)
    abroad.stage.at(abroad.stage.chain.blocks.head.timestamp + ATTESTER_DELAY)
    abroad.contract.acceptAttesters(sender=owner)
    again = abroad.attestation()
    abroad.attest(again, _sign(again, OUTSIDER))
    assert abroad.contract.eraOf(again.asset, again.epoch) == 2
