"""RiskFeed and its adapter: the order of checks, what is stored, and what a reader gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from statements.attestation import InputAttestation
from statements.quantities import FIELD_MODULUS
from statements.subject import Subject, model_id
from tests.contracts.feed_fixtures import (
    EPOCH_LENGTH,
    ETHER,
    FEATURES_HASH,
    LAYOUT,
    MAXIMUM_AGE,
    MAXIMUM_DURATION,
    MODEL_ID,
    WINDOW,
    ZERO_ADDRESS,
    Actors,
    Stage,
    build_stage,
    reverts_with,
)

OUTPUTS = (2048, 8192)
TAG = 0xDEADBEEF_CAFEF00D
PROOF = b"proof"
ONE = 1 << LAYOUT.output_scale_bits
STAKING_DURATION, EXIT_RISK = 0, 1
MISBEHAVIOURS = ("reverts", "returns nothing", "returns two", "returns 31 bytes", "burns gas", "returns false")


@dataclass(frozen=True)
class Scene:
    """A window is observed, a version serves, and the verifier accepts one proof for it."""

    stage: Stage
    epoch: int

    def submit(self, *, epoch: int | None = None, outputs: Any = OUTPUTS, tag: int = TAG, **keywords: Any) -> Any:
        return self.stage.feed.submit(
            keywords.get("model", MODEL_ID),
            self.stage.token,
            self.epoch if epoch is None else epoch,
            outputs,
            tag,
            keywords.get("proof", PROOF),
            sender=self.stage.actors.stranger,
        )


@pytest.fixture(scope="module")
def scene(project: Any, chain: Any, accounts: Any) -> Scene:
    stage = build_stage(project, chain, Actors.of(accounts))
    stage.serve()
    epoch = stage.observe_epochs(WINDOW + 3)
    inputs = tuple(stage.observer.inputsOf(stage.token, epoch)[0])
    assert min(inputs) < 0 < max(inputs)
    stage.accept(inputs, TAG, OUTPUTS, PROOF)
    return Scene(stage, epoch)


def test_submit_accepted_proof_is_recorded(scene: Scene) -> None:
    receipt = scene.submit()
    stage = scene.stage
    observed_at = stage.observer.observationOf(stage.token, scene.epoch).observedAt
    subject = Subject(
        home_chain_id=stage.chain.chain_id,
        observer=stage.observer.address,
        config_version=1,
        model_id=MODEL_ID,
        asset=stage.token.address,
        epoch=scene.epoch,
    )
    expected = (scene.epoch, 1, 1, observed_at, receipt.timestamp, *OUTPUTS, TAG)
    event = receipt.events.filter(stage.feed.ScoreRecorded)[0]
    assert "0x" + bytes(event.statementId).hex() == subject.statement_id
    assert tuple(stage.feed.roundAt(MODEL_ID, stage.token, scene.epoch)) == expected
    score = stage.feed.latestScore(MODEL_ID, stage.token)
    assert (score.epoch, score.observedAt, score.provenAt) == (scene.epoch, observed_at, receipt.timestamp)
    assert score.stakingDuration == MAXIMUM_DURATION * OUTPUTS[0] >> LAYOUT.output_scale_bits
    assert score.exitRisk == ETHER * OUTPUTS[1] >> LAYOUT.output_scale_bits
    assert stage.feed.latestEpoch(MODEL_ID, stage.token) == scene.epoch


def test_submit_no_version_reverts(scene: Scene) -> None:
    other = model_id("veristake/other/1")
    with reverts_with("NoVersion", modelId=other, epoch=scene.epoch):
        scene.submit(model=other)


def test_submit_epoch_before_the_first_version_reverts(scene: Scene) -> None:
    with reverts_with("NoVersion", modelId=MODEL_ID, epoch=scene.epoch - 30):
        scene.submit(epoch=scene.epoch - 30)


def test_submit_frozen_version_reverts(scene: Scene) -> None:
    scene.stage.registry.freeze(MODEL_ID, 1, sender=scene.stage.actors.guardian)
    with reverts_with("Frozen", modelId=MODEL_ID, versionId=1):
        scene.submit()


def test_submit_twice_reverts(scene: Scene) -> None:
    scene.submit()
    with reverts_with("AlreadyRecorded", modelId=MODEL_ID, asset=scene.stage.token, epoch=scene.epoch):
        scene.submit()


def test_submit_older_epoch_reverts(scene: Scene) -> None:
    scene.submit()
    with reverts_with("EpochNotNewer", epoch=scene.epoch - 1, latestEpoch=scene.epoch):
        scene.submit(epoch=scene.epoch - 1)


def test_submit_future_epoch_reverts(scene: Scene) -> None:
    with reverts_with("EpochInFuture", epoch=scene.epoch + 1, currentEpoch=scene.epoch):
        scene.submit(epoch=scene.epoch + 1)


@pytest.mark.parametrize("index", [0, 1])
def test_submit_output_plus_the_modulus_reverts(scene: Scene, index: int) -> None:
    outputs = list(OUTPUTS)
    outputs[index] += FIELD_MODULUS
    with reverts_with("InstanceNotInField", index=index, value=outputs[index]):
        scene.submit(outputs=outputs)


@pytest.mark.parametrize(("index", "value"), [(0, ONE + 1), (1, FIELD_MODULUS - 1)])
def test_submit_output_above_one_reverts(scene: Scene, index: int, value: int) -> None:
    outputs = list(OUTPUTS)
    outputs[index] = value
    with reverts_with("OutputOutOfRange", index=index, value=value, maximum=ONE):
        scene.submit(outputs=outputs)


def test_submit_tag_of_too_many_bits_reverts(scene: Scene) -> None:
    tag = 1 << LAYOUT.tag_bits
    with reverts_with("TagOutOfRange", tag=tag):
        scene.submit(tag=tag)


def test_submit_epoch_without_inputs_reverts(scene: Scene) -> None:
    epoch = scene.stage.into_epoch()
    with reverts_with("InputsUnavailable", asset=scene.stage.token, epoch=epoch):
        scene.submit(epoch=epoch)


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": (OUTPUTS[0] + 1, OUTPUTS[1])},
        {"outputs": (OUTPUTS[0], OUTPUTS[1] - 1)},
        {"tag": TAG ^ 1},
        {"proof": b"another proof"},
    ],
)
def test_submit_anything_changed_is_an_invalid_proof(scene: Scene, change: dict[str, Any]) -> None:
    with reverts_with("ProofInvalid", modelId=MODEL_ID, versionId=1):
        scene.submit(**change)
    scene.submit()


def test_submit_proof_of_the_epoch_before_is_invalid(scene: Scene) -> None:
    with reverts_with("ProofInvalid", modelId=MODEL_ID, versionId=1):
        scene.submit(epoch=scene.epoch - 1)


@pytest.mark.parametrize("way", range(len(MISBEHAVIOURS)), ids=MISBEHAVIOURS)
def test_submit_misbehaving_verifier_is_an_invalid_proof(scene: Scene, way: int) -> None:
    stage = scene.stage
    model = model_id(f"veristake/misbehaving/{way}")
    stage.serve(stage.actors.owner.deploy(stage.project.MisbehavingVerifier, way), model)
    epoch = stage.observe_epochs(1)
    with reverts_with("ProofInvalid", modelId=model, versionId=1):
        scene.submit(model=model, epoch=epoch)


@pytest.mark.parametrize("code", ["0x600160005260206000f3", "0x"], ids=["changed code", "no code"])
def test_submit_verifier_of_other_code_is_an_invalid_proof(scene: Scene, code: str) -> None:
    scene.stage.chain.provider.set_code(scene.stage.verifier.address, code)
    with reverts_with("ProofInvalid", modelId=MODEL_ID, versionId=1):
        scene.submit()


def test_submit_circuit_of_other_input_count_reverts(scene: Scene) -> None:
    model = model_id("veristake/wide/1")
    scene.stage.serve(model=model, inputCount=33)
    epoch = scene.stage.observe_epochs(1)
    with reverts_with("InputsDoNotFitCircuit", given=32, expected=33):
        scene.submit(model=model, epoch=epoch)


def test_submit_input_beyond_the_circuits_scale_reverts(scene: Scene) -> None:
    stage = scene.stage
    model = model_id("veristake/coarse/1")
    stage.serve(model=model, inputScaleBits=4)
    epoch = stage.observe_epochs(1)
    inputs = stage.observer.inputsOf(stage.token, epoch)[0]
    index, value = next((i, x) for i, x in enumerate(inputs) if abs(x) > 16)
    with reverts_with("InputOutOfRange", index=index, value=value, bound=16):
        scene.submit(model=model, epoch=epoch)


def test_submit_tag_of_full_width_is_taken(scene: Scene) -> None:
    stage = scene.stage
    model = model_id("veristake/wide-tag/1")
    verifier = stage.actors.owner.deploy(stage.project.AcceptingVerifier)
    stage.serve(verifier, model, tagLimbs=16)
    epoch = stage.observe_epochs(1)
    scene.submit(model=model, epoch=epoch, tag=2**256 - 1)
    assert stage.feed.roundAt(model, stage.token, epoch).tag == 2**256 - 1


@pytest.mark.parametrize("read", ["latestScore", "scoreAt", "roundAt"])
def test_read_nothing_recorded_reverts(scene: Scene, read: str) -> None:
    epoch = () if read == "latestScore" else (scene.epoch,)
    with reverts_with("NoRound", modelId=MODEL_ID, asset=scene.stage.token):
        getattr(scene.stage.feed, read)(MODEL_ID, scene.stage.token, *epoch)


def test_read_frozen_version_reverts(scene: Scene) -> None:
    scene.submit()
    scene.stage.registry.freeze(MODEL_ID, 1, sender=scene.stage.actors.guardian)
    with reverts_with("Frozen", modelId=MODEL_ID, versionId=1):
        scene.stage.feed.latestScore(MODEL_ID, scene.stage.token)
    with reverts_with("Frozen", modelId=MODEL_ID, versionId=1):
        scene.stage.feed.scoreAt(MODEL_ID, scene.stage.token, scene.epoch)
    with reverts_with("Frozen", modelId=MODEL_ID, versionId=1):
        scene.stage.feed.roundAt(MODEL_ID, scene.stage.token, scene.epoch)


def test_latest_score_older_than_the_maximum_age_reverts(scene: Scene) -> None:
    scene.submit()
    observed_at = scene.stage.observer.observationOf(scene.stage.token, scene.epoch).observedAt
    # a call sees a clock some seconds ahead of the last block; the exact second is tested in Foundry
    scene.stage.at(observed_at + MAXIMUM_AGE - 60)
    assert scene.stage.feed.latestScore(MODEL_ID, scene.stage.token).epoch == scene.epoch
    scene.stage.at(observed_at + MAXIMUM_AGE + 1)
    with reverts_with("Stale", observedAt=observed_at, maximumAge=MAXIMUM_AGE):
        scene.stage.feed.latestScore(MODEL_ID, scene.stage.token)
    assert scene.stage.feed.scoreAt(MODEL_ID, scene.stage.token, scene.epoch).epoch == scene.epoch


def test_statement_id_of_is_the_same_before_and_after_recording(scene: Scene) -> None:
    arguments = (MODEL_ID, scene.stage.token, scene.epoch)
    before = scene.stage.feed.statementIdOf(*arguments)
    scene.submit()
    assert scene.stage.feed.statementIdOf(*arguments) == before


def test_statement_id_of_recorded_epoch_outlives_its_inputs(scene: Scene) -> None:
    scene.submit()
    before = scene.stage.feed.statementIdOf(MODEL_ID, scene.stage.token, scene.epoch)
    scene.stage.into_epoch(epochs=5)
    scene.stage.set_price(ETHER)
    scene.stage.observe()
    assert scene.stage.feed.statementIdOf(MODEL_ID, scene.stage.token, scene.epoch) == before


def test_constructor_zero_address_reverts(scene: Scene) -> None:
    stage = scene.stage
    for source, registry in ((ZERO_ADDRESS, stage.registry), (stage.observer, ZERO_ADDRESS)):
        with reverts_with("RiskFeedZeroAddress"):
            stage.actors.owner.deploy(stage.project.RiskFeed, source, registry, MAXIMUM_AGE)


def test_constructor_epochs_of_other_length_reverts(scene: Scene) -> None:
    stage = scene.stage
    registry = stage.actors.owner.deploy(stage.project.VerifierRegistry, stage.authority, 0, 1800)
    with reverts_with("EpochLengthsDiffer", source=EPOCH_LENGTH, registry=1800):
        stage.actors.owner.deploy(stage.project.RiskFeed, stage.observer, registry, MAXIMUM_AGE)


def test_submit_attested_inputs_belong_to_their_home(scene: Scene) -> None:
    stage = scene.stage
    attester = Account.from_key(b"\x07" * 32)
    home, observer = 1, "0x" + "0B" * 20
    source = stage.actors.owner.deploy(
        stage.project.AttestedInputs,
        stage.authority,
        home,
        observer,
        EPOCH_LENGTH,
        32,
        [attester.address],
        1,
        86400,
    )
    now = stage.chain.blocks.head.timestamp
    attestation = InputAttestation(
        destination_chain_id=stage.chain.chain_id,
        destination=source.address,
        home_chain_id=home,
        observer=observer,
        home_block_hash="0x" + "11" * 32,
        asset=stage.token.address,
        epoch=scene.epoch,
        config_version=2,
        observed_at=now,
        expiry=now + 60,
        features_hash=FEATURES_HASH,
        inputs=tuple(stage.observer.inputsOf(stage.token, scene.epoch)[0]),
    )
    message = encode_typed_data(full_message=attestation.typed_data())
    signature = bytes(attester.sign_message(message).signature)
    source.attest(attestation.as_call_argument(), [signature], sender=stage.actors.stranger)
    abroad = Scene(stage.with_feed(source), scene.epoch)
    receipt = abroad.submit()
    subject = Subject(
        home_chain_id=home,
        observer=observer,
        config_version=2,
        model_id=MODEL_ID,
        asset=stage.token.address,
        epoch=scene.epoch,
    )
    event = receipt.events.filter(abroad.stage.feed.ScoreRecorded)[0]
    assert "0x" + bytes(event.statementId).hex() == subject.statement_id


@pytest.mark.parametrize(
    ("output", "decimals", "answer", "words"),
    [
        (EXIT_RISK, 8, 10**8 * OUTPUTS[1] // ONE, "veristake exit risk of "),
        (STAKING_DURATION, 0, MAXIMUM_DURATION * OUTPUTS[0] // ONE, "veristake staking duration in seconds of "),
    ],
    ids=["exit risk", "staking duration"],
)
def test_aggregator_recorded_round_reads_like_a_price_feed(
    scene: Scene, output: int, decimals: int, answer: int, words: str
) -> None:
    scene.submit()
    stage = scene.stage
    adapter = stage.actors.owner.deploy(stage.project.RiskFeedAggregator, stage.feed, MODEL_ID, stage.token, output)
    observed_at = stage.observer.observationOf(stage.token, scene.epoch).observedAt
    expected = (scene.epoch, answer, observed_at, observed_at, scene.epoch)
    assert tuple(adapter.latestRoundData()) == expected
    assert tuple(adapter.getRoundData(scene.epoch)) == expected
    assert (adapter.decimals(), adapter.version()) == (decimals, 1)
    assert adapter.description() == words + stage.token.address


def test_aggregator_unknown_or_stale_round_reverts(scene: Scene) -> None:
    scene.submit()
    stage = scene.stage
    adapter = stage.actors.owner.deploy(stage.project.RiskFeedAggregator, stage.feed, MODEL_ID, stage.token, EXIT_RISK)
    for round_id in (0, scene.epoch - 1, scene.epoch + 2**32):
        with reverts_with("NoRound", modelId=MODEL_ID, asset=stage.token):
            adapter.getRoundData(round_id)
    observed_at = stage.observer.observationOf(stage.token, scene.epoch).observedAt
    stage.at(observed_at + MAXIMUM_AGE + 1)
    with reverts_with("Stale", observedAt=observed_at, maximumAge=MAXIMUM_AGE):
        adapter.latestRoundData()


def test_aggregator_zero_address_reverts(scene: Scene) -> None:
    stage = scene.stage
    for feed, asset in ((ZERO_ADDRESS, stage.token), (stage.feed, ZERO_ADDRESS)):
        with reverts_with("RiskFeedZeroAddress"):
            stage.actors.owner.deploy(stage.project.RiskFeedAggregator, feed, MODEL_ID, asset, EXIT_RISK)
