"""RiskFeed: how long an asset's scores are read, readers who want them younger, where a round's inputs are from."""

from __future__ import annotations

from typing import Any

import pytest

from statements.subject import model_id
from tests.contracts.feed_fixtures import (
    EPOCH_LENGTH,
    MAXIMUM_AGE,
    MODEL_ID,
    WINDOW,
    Actors,
    Stage,
    build_stage,
    reverts_with,
)

OBSERVER_KIND = 0
SHORT = (EPOCH_LENGTH, 2 * EPOCH_LENGTH)
OTHER_FEATURES = b"\x0e" * 32


@pytest.fixture(scope="module")
def ready(project: Any, chain: Any, accounts: Any) -> Stage:
    """A window is observed, a version serves, and one proof is accepted for the last epoch."""
    stage = build_stage(project, chain, Actors.of(accounts))
    stage.serve()
    epoch = stage.observe_epochs(WINDOW + 2)
    stage.accept(tuple(stage.observer.inputsOf(stage.token, epoch)[0]), 7, (1, 2), b"proof")
    return stage


def _submit(stage: Stage) -> int:
    epoch = int(stage.observer.latestEpoch(stage.token))
    stage.feed.submit(MODEL_ID, stage.token, epoch, (1, 2), 7, b"proof", sender=stage.actors.stranger)
    return epoch


def test_set_limits_owner_shortens_what_is_read_from_then_on(ready: Stage) -> None:
    assert tuple(ready.feed.limitsOf(ready.token)) == (EPOCH_LENGTH, MAXIMUM_AGE)
    receipt = ready.feed.setLimits(ready.token, SHORT, sender=ready.actors.owner)
    event = receipt.events.filter(ready.feed.LimitsSet)[0]
    assert (event.asset, tuple(event.limits)) == (ready.token.address, SHORT)
    assert tuple(ready.feed.limitsOf(ready.token)) == SHORT
    epoch = _submit(ready)
    assert ready.feed.maximumAgeAt(MODEL_ID, ready.token, epoch) == SHORT[1]
    observed_at = ready.observer.observationOf(ready.token, epoch).observedAt
    ready.at(observed_at + SHORT[1] + 1)
    with reverts_with("Stale", observedAt=observed_at, maximumAge=SHORT[1]):
        ready.feed.latestScore(MODEL_ID, ready.token)


@pytest.mark.parametrize(
    "limits",
    [(0, EPOCH_LENGTH), (EPOCH_LENGTH + 1, EPOCH_LENGTH), (1, EPOCH_LENGTH - 1), (EPOCH_LENGTH, MAXIMUM_AGE + 1)],
)
def test_set_limits_out_of_range_reverts(ready: Stage, limits: tuple[int, int]) -> None:
    with reverts_with("LimitsOutOfRange", heartbeat=limits[0], maximumAge=limits[1]):
        ready.feed.setLimits(ready.token, limits, sender=ready.actors.owner)


@pytest.mark.parametrize("role", ["proposer", "guardian", "stranger"])
def test_set_limits_other_role_is_refused(ready: Stage, role: str) -> None:
    caller = getattr(ready.actors, role)
    with reverts_with("AccessManagedUnauthorized", caller=caller):
        ready.feed.setLimits(ready.token, SHORT, sender=caller)


@pytest.mark.parametrize("age", [EPOCH_LENGTH - 1, 45 * 86400 + 1])
def test_constructor_maximum_age_out_of_range_reverts(ready: Stage, age: int) -> None:
    with reverts_with("LimitsOutOfRange", heartbeat=EPOCH_LENGTH, maximumAge=age):
        ready.actors.owner.deploy(ready.project.RiskFeed, ready.observer, ready.registry, age)


def test_get_score_no_older_than_is_as_strict_as_asked(ready: Stage) -> None:
    epoch = _submit(ready)
    observed_at = ready.observer.observationOf(ready.token, epoch).observedAt
    ready.at(observed_at + 1200)
    assert ready.feed.getScoreNoOlderThan(MODEL_ID, ready.token, 1800).epoch == epoch
    with reverts_with("Stale", observedAt=observed_at, maximumAge=600):
        ready.feed.getScoreNoOlderThan(MODEL_ID, ready.token, 600)
    with reverts_with("NoRound", modelId=MODEL_ID, asset=ready.price_feed):
        ready.feed.getScoreNoOlderThan(MODEL_ID, ready.price_feed, 1800)


def test_source_of_round_is_the_observer(ready: Stage) -> None:
    epoch = _submit(ready)
    assert tuple(ready.feed.sourceOf(MODEL_ID, ready.token, epoch)) == (ready.observer.address, OBSERVER_KIND)
    assert (ready.feed.SOURCE(), ready.feed.REGISTRY()) == (ready.observer.address, ready.registry.address)
    assert ready.feed.MAXIMUM_AGE() == MAXIMUM_AGE
    for read in (ready.feed.sourceOf, ready.feed.maximumAgeAt):
        with reverts_with("NoRound", modelId=MODEL_ID, asset=ready.token):
            read(MODEL_ID, ready.token, epoch - 1)


def test_submit_circuit_trained_on_other_features_reverts(ready: Stage) -> None:
    model = model_id("veristake/other-features/1")
    ready.serve(model=model, featuresHash=OTHER_FEATURES)
    epoch = ready.observe_epochs(1)
    given = bytes(ready.observer.featuresHashOf(ready.token, 1))
    with reverts_with("FeaturesDiffer", given=given, expected=OTHER_FEATURES):
        ready.feed.submit(model, ready.token, epoch, (1, 2), 7, b"proof", sender=ready.actors.stranger)
