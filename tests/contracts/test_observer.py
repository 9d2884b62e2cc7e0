"""AssetObserver: what it refuses, what it stores, and which windows it gives."""

from __future__ import annotations

from typing import Any

import pytest

from staking_model.features import FeatureParameters, window_features
from statements.observation import Observation
from tests.contracts.feed_fixtures import (
    CONFIG_DELAY_EPOCHS,
    EPOCH_LENGTH,
    ETHER,
    FACTORS,
    FEATURES_HASH,
    WINDOW,
    ZERO_ADDRESS,
    Actors,
    Stage,
    build_stage,
    reverts_with,
)


@pytest.fixture(scope="module")
def stage(project: Any, chain: Any, accounts: Any) -> Stage:
    return build_stage(project, chain, Actors.of(accounts))


@pytest.fixture
def ready(stage: Stage) -> Stage:
    """The start of an epoch, with a fresh price."""
    stage.into_epoch()
    stage.set_price(ETHER)
    return stage


def _observation(stage: Stage, epoch: int) -> Observation:
    stored = stage.observer.observationOf(stage.token, epoch)
    return Observation(
        epoch=epoch,
        rate=stored.rate,
        price=stored.price,
        observed_at=stored.observedAt,
        elapsed=stored.elapsed,
        config_version=stored.configVersion,
        mean_total=stored.meanTotal,
        supply=stored.supply,
        price_age=stored.priceAge,
        carried=stored.carried,
    )


def _sequencer_observer(stage: Stage, answer: int, up_for: int) -> tuple[Any, int]:
    owner = stage.actors.owner
    uptime = owner.deploy(stage.project.MockPriceFeed, 0, "sequencer")
    started_at = stage.chain.blocks.head.timestamp - up_for
    uptime.setAnswer(answer, started_at, sender=owner)
    observer = owner.deploy(stage.project.AssetObserver, stage.authority, stage.deposit, EPOCH_LENGTH, 24, uptime)
    observer.addAssetConfig(stage.token, stage.config(), sender=owner)
    return observer, started_at


def test_constructor_zero_deposit_reverts(stage: Stage) -> None:
    with reverts_with("ObserverZeroAddress"):
        stage.actors.owner.deploy(
            stage.project.AssetObserver, stage.authority, ZERO_ADDRESS, EPOCH_LENGTH, 24, ZERO_ADDRESS
        )


def test_constructor_epoch_of_ten_minutes_reverts(stage: Stage) -> None:
    with reverts_with("InvalidEpochLength", epochLength=600, minimum=601):
        stage.actors.owner.deploy(stage.project.AssetObserver, stage.authority, stage.deposit, 600, 24, ZERO_ADDRESS)


def test_observe_unknown_asset_reverts(ready: Stage) -> None:
    with reverts_with("UnknownAsset", asset=ready.verifier):
        ready.observer.observe(ready.verifier, sender=ready.actors.stranger)


def test_observe_first_call_stores_everything_and_is_final(ready: Stage) -> None:
    restaker = ready.actors.restaker
    ready.token.approve(ready.deposit, 40 * ETHER, sender=restaker)
    ready.deposit.deposit(ready.token, 40 * ETHER, sender=restaker)
    receipt = ready.observe()
    epoch = receipt.timestamp // EPOCH_LENGTH
    observation = _observation(ready, epoch)
    assert observation.rate == 102 * 10**16
    assert observation.price == ETHER
    assert observation.observed_at == receipt.timestamp
    assert observation.mean_total == 40 * ETHER
    assert observation.supply == 1000 * ETHER
    assert observation.elapsed == observation.config_version == 1
    assert not observation.carried
    event = receipt.events.filter(ready.observer.Observed)[0]
    assert (event.asset, event.epoch) == (ready.token.address, epoch)
    with reverts_with("AlreadyObserved", asset=ready.token, epoch=epoch):
        ready.observe()


def test_observe_after_ten_minutes_reverts(stage: Stage) -> None:
    epoch = stage.into_epoch(seconds=500)
    stage.set_price(ETHER)
    stage.chain.pending_timestamp = epoch * EPOCH_LENGTH + 600
    with reverts_with("ObservationWindowClosed", epoch=epoch, secondsIntoEpoch=600, windowSeconds=600):
        stage.observe()


@pytest.mark.parametrize("answer", [0, -1, -(2**255)])
def test_observe_price_not_positive_reverts(ready: Stage, answer: int) -> None:
    ready.set_price(answer)
    with reverts_with("PriceNotPositive", asset=ready.token, answer=answer):
        ready.observe()


def test_observe_price_from_the_future_reverts(ready: Stage) -> None:
    later = ready.chain.blocks.head.timestamp + 1000
    ready.price_feed.setAnswer(ETHER, later, sender=ready.actors.owner)
    with reverts_with("PriceInFuture", asset=ready.token, updatedAt=later):
        ready.observe()


def test_observe_price_older_than_heartbeat_and_tenth_reverts(ready: Stage) -> None:
    maximum = 86400 * 110 // 100
    now = ready.chain.blocks.head.timestamp + 10
    ready.price_feed.setAnswer(ETHER, now - maximum - 1, sender=ready.actors.owner)
    ready.chain.pending_timestamp = now
    with reverts_with("PriceStale", asset=ready.token, updatedAt=now - maximum - 1, maximumAge=maximum):
        ready.observe()


def test_observe_price_exactly_heartbeat_and_tenth_old_is_taken(ready: Stage) -> None:
    maximum = 86400 * 110 // 100
    now = ready.chain.blocks.head.timestamp + 10
    ready.price_feed.setAnswer(ETHER, now - maximum, sender=ready.actors.owner)
    ready.chain.pending_timestamp = now
    ready.observe()
    assert _observation(ready, now // EPOCH_LENGTH).price_age == maximum


@pytest.mark.parametrize(("decimals", "answer"), [(8, 98765432), (18, 987654320 * 10**9), (27, 98765432 * 10**19)])
def test_observe_feed_of_other_decimals_is_scaled_to_wei(stage: Stage, decimals: int, answer: int) -> None:
    owner = stage.actors.owner
    price_feed = owner.deploy(stage.project.MockPriceFeed, decimals, "rETH / ETH")
    observer = owner.deploy(stage.project.AssetObserver, stage.authority, stage.deposit, EPOCH_LENGTH, 24, ZERO_ADDRESS)
    observer.addAssetConfig(stage.token, stage.config(priceFeed=price_feed.address), sender=owner)
    epoch = stage.into_epoch()
    price_feed.setAnswer(answer, stage.chain.blocks.head.timestamp, sender=owner)
    observer.observe(stage.token, sender=stage.actors.stranger)
    assert observer.observationOf(stage.token, epoch).price == 987654320 * 10**9


def test_observe_value_beyond_its_bits_reverts(ready: Stage) -> None:
    ready.set_price(2**96)
    with reverts_with("ValueTooLarge", asset=ready.token, value=2**96, maximum=2**96 - 1):
        ready.observe()


def test_observe_zero_rate_reverts(ready: Stage) -> None:
    ready.token.setRate(0, sender=ready.actors.owner)
    with reverts_with("RateIsZero", asset=ready.token):
        ready.observe()


def test_observe_zero_supply_reverts(ready: Stage) -> None:
    ready.token.burn(ready.actors.restaker, 1000 * ETHER, sender=ready.actors.owner)
    with reverts_with("SupplyIsZero", asset=ready.token):
        ready.observe()


@pytest.mark.parametrize(("answer", "up_for"), [(1, 7200), (0, 1800)])
def test_observe_sequencer_down_or_just_up_reverts(ready: Stage, answer: int, up_for: int) -> None:
    observer, started_at = _sequencer_observer(ready, answer, up_for)
    with reverts_with("SequencerDown", upSince=started_at):
        observer.observe(ready.token, sender=ready.actors.stranger)


def test_observe_sequencer_up_for_an_hour_is_taken(ready: Stage) -> None:
    observer, _ = _sequencer_observer(ready, 0, 3600)
    observer.observe(ready.token, sender=ready.actors.stranger)
    assert observer.latestEpoch(ready.token) == ready.chain.blocks.head.timestamp // EPOCH_LENGTH


def test_observe_flash_loan_of_deposits_moves_the_mean_by_its_seconds(ready: Stage) -> None:
    restaker = ready.actors.restaker
    ready.observe()
    epoch = ready.into_epoch()
    ready.set_price(ETHER)
    ready.token.approve(ready.deposit, 900 * ETHER, sender=restaker)
    deposited = ready.deposit.deposit(ready.token, 900 * ETHER, sender=restaker)
    observed = ready.observe()
    since = observed.timestamp - ready.observer.observationOf(ready.token, epoch - 1).observedAt
    expected = 900 * ETHER * (observed.timestamp - deposited.timestamp) // since
    assert _observation(ready, epoch).mean_total == expected
    assert expected < 2 * ETHER


def test_observe_two_missed_epochs_are_carried(ready: Stage) -> None:
    ready.observe()
    first = ready.observe_epochs(1)
    newest = ready.into_epoch(epochs=3)
    ready.set_price(2 * ETHER)
    receipt = ready.observe()
    assert [event.epoch for event in receipt.events.filter(ready.observer.Carried)] == [first + 1, first + 2]
    for epoch in (first + 1, first + 2):
        carried = _observation(ready, epoch)
        assert carried == _observation(ready, first).model_copy(update={"epoch": epoch, "carried": True})
    assert _observation(ready, newest).elapsed == 3


def test_inputs_of_whole_window_equals_the_models_features(stage: Stage) -> None:
    owner, restaker = stage.actors.owner, stage.actors.restaker
    stage.token.approve(stage.deposit, 1000 * ETHER, sender=restaker)
    epoch = 0
    for step in range(WINDOW + 2):
        if step == 4:
            stage.into_epoch()  # missed: carried
        epoch = stage.into_epoch(seconds=step)
        stage.token.setRate(102 * 10**16 + step * 3 * 10**13, sender=owner)
        stage.set_price(99 * 10**16 - step * 7 * 10**14)
        stage.observe()
        stage.deposit.deposit(stage.token, (step + 1) * ETHER, sender=restaker)
    window = [_observation(stage, e) for e in range(epoch - WINDOW, epoch + 1)]
    names = ("premium_factor", "premium_change_factor", "flow_factor", "rate_growth_factor", "input_scale_bits")
    parameters = FeatureParameters(**dict(zip(names, FACTORS, strict=True)))
    inputs, origin = stage.observer.inputsOf(stage.token, epoch)
    assert tuple(inputs) == window_features(window, parameters)
    assert len(set(inputs)) > 8
    assert origin == (
        stage.chain.chain_id,
        stage.observer.address,
        1,
        window[-1].observed_at,
        bytes.fromhex(FEATURES_HASH[2:]),
    )
    assert tuple(stage.observer.home()) == (stage.chain.chain_id, stage.observer.address)


def test_inputs_of_never_observed_reverts(stage: Stage) -> None:
    with reverts_with("InputsUnavailable", asset=stage.token, epoch=1):
        stage.observer.inputsOf(stage.token, 1)


def test_inputs_of_future_epoch_reverts(ready: Stage) -> None:
    epoch = ready.observe().timestamp // EPOCH_LENGTH + 1
    with reverts_with("InputsUnavailable", asset=ready.token, epoch=epoch):
        ready.observer.inputsOf(ready.token, epoch)


def test_inputs_of_baseline_and_eight_observations_is_incomplete(stage: Stage) -> None:
    epoch = stage.observe_epochs(WINDOW + 1)
    with reverts_with("WindowIncomplete", asset=stage.token, epoch=epoch, firstEpoch=epoch - WINDOW + 1):
        stage.observer.inputsOf(stage.token, epoch)


def test_inputs_of_after_three_missed_epochs_starts_again(stage: Stage) -> None:
    last = stage.observe_epochs(WINDOW + 2)
    assert len(stage.observer.inputsOf(stage.token, last)[0]) == 32
    epoch = stage.into_epoch(epochs=4)
    stage.set_price(ETHER)
    stage.observe()
    assert stage.observer.firstEpoch(stage.token) == epoch + 1
    with reverts_with("WindowIncomplete", asset=stage.token, epoch=epoch, firstEpoch=epoch + 1):
        stage.observer.inputsOf(stage.token, epoch)
    with reverts_with("InputsUnavailable", asset=stage.token, epoch=last):
        stage.observer.inputsOf(stage.token, last)


def test_inputs_of_window_across_configs_reverts(stage: Stage) -> None:
    owner = stage.actors.owner
    observer = owner.deploy(stage.project.AssetObserver, stage.authority, stage.deposit, EPOCH_LENGTH, 2, ZERO_ADDRESS)
    observer.addAssetConfig(stage.token, stage.config(), sender=owner)
    epoch = 0
    for step in range(WINDOW + 2):
        epoch = stage.into_epoch()
        stage.set_price(ETHER)
        if step == 5:
            observer.addAssetConfig(stage.token, stage.config(heartbeat=3600), sender=owner)
        observer.observe(stage.token, sender=stage.actors.stranger)
    assert observer.observationOf(stage.token, epoch - 3).configVersion == 1
    assert observer.observationOf(stage.token, epoch - 2).configVersion == 2
    with reverts_with("WindowMixesConfigs", asset=stage.token, epoch=epoch, oldestVersion=1, newestVersion=2):
        observer.inputsOf(stage.token, epoch)


def test_add_asset_config_stranger_is_refused(stage: Stage) -> None:
    with reverts_with("AccessManagedUnauthorized", caller=stage.actors.stranger):
        stage.observer.addAssetConfig(stage.token, stage.config(), sender=stage.actors.stranger)


def test_add_asset_config_zero_asset_reverts(stage: Stage) -> None:
    with reverts_with("ObserverZeroAddress"):
        stage.observer.addAssetConfig(ZERO_ADDRESS, stage.config(), sender=stage.actors.owner)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        (0, {"rateProvider": ZERO_ADDRESS}),
        (1, {"priceFeed": ZERO_ADDRESS}),
        (2, {"heartbeat": 0}),
        (2, {"heartbeat": 7 * 86400 + 1}),
        (3, {"features": (0, 50, 20, 4000, 13)}),
        (4, {"features": (20, 0, 20, 4000, 13)}),
        (5, {"features": (20, 50, 0, 4000, 13)}),
        (6, {"features": (20, 50, 20, 0, 13)}),
        (7, {"features": (20, 50, 20, 4000, 0)}),
        (7, {"features": (20, 50, 20, 4000, 15)}),
    ],
)
def test_add_asset_config_invalid_field_reverts(stage: Stage, field: int, changes: dict[str, Any]) -> None:
    with reverts_with("InvalidConfig", asset=stage.token, field=field):
        stage.observer.addAssetConfig(stage.token, stage.config(**changes), sender=stage.actors.owner)


def test_add_asset_config_feed_of_many_decimals_reverts(stage: Stage) -> None:
    price_feed = stage.actors.owner.deploy(stage.project.MockPriceFeed, 37, "rETH / ETH")
    config = stage.config(priceFeed=price_feed.address)
    with reverts_with("InvalidConfig", asset=stage.token, field=1):
        stage.observer.addAssetConfig(stage.token, config, sender=stage.actors.owner)


def test_add_asset_config_later_version_waits_for_the_delay(stage: Stage) -> None:
    owner = stage.actors.owner
    config = stage.config(heartbeat=7200)
    receipt = stage.observer.addAssetConfig(stage.token, config, sender=owner)
    epoch = receipt.timestamp // EPOCH_LENGTH
    event = receipt.events.filter(stage.observer.AssetConfigAdded)[0]
    assert (event.configVersion, event.fromEpoch) == (2, epoch + CONFIG_DELAY_EPOCHS)
    assert stage.observer.configVersionCount(stage.token) == 2
    assert stage.observer.configVersionAt(stage.token, epoch + CONFIG_DELAY_EPOCHS - 1) == 1
    assert stage.observer.configVersionAt(stage.token, epoch + CONFIG_DELAY_EPOCHS) == 2
    first = stage.observer.configFromEpoch(stage.token, 1)
    assert [stage.observer.configVersionAt(stage.token, each) for each in (first - 1, first)] == [0, 1]
    assert stage.observer.assetConfig(stage.token, 2).heartbeat == 7200
    with reverts_with("ConfigPending", asset=stage.token, configVersion=2):
        stage.observer.addAssetConfig(stage.token, config, sender=owner)


@pytest.mark.parametrize("version", [0, 2])
def test_asset_config_unknown_version_reverts(stage: Stage, version: int) -> None:
    with reverts_with("UnknownConfigVersion", asset=stage.token, configVersion=version):
        stage.observer.assetConfig(stage.token, version)


def test_getters_deployed_observer_answer_as_built(stage: Stage) -> None:
    observer = stage.observer
    assert (observer.WINDOW(), observer.EPOCH_LENGTH()) == (WINDOW, EPOCH_LENGTH)
    assert observer.CONFIG_DELAY_EPOCHS() == CONFIG_DELAY_EPOCHS
    assert observer.DEPOSIT() == stage.deposit.address
    assert observer.SEQUENCER_FEED() == ZERO_ADDRESS
    assert observer.latestEpoch(stage.token) == observer.firstEpoch(stage.token) == 0
    assert tuple(observer.seriesOf(stage.token))[2:] == (0, 0, False)
    assert observer.configFromEpoch(stage.token, 1) <= stage.chain.blocks.head.timestamp // EPOCH_LENGTH
    assert "0x" + bytes(observer.featuresHashOf(stage.token, 1)).hex() == FEATURES_HASH


def test_series_of_observed_asset_says_where_it_stands(ready: Stage) -> None:
    ready.observe()
    # the first observation is the baseline of the second's changes, no part of a window
    first = ready.observe_epochs(1)
    latest = ready.observe_epochs(1)
    series = ready.observer.seriesOf(ready.token)
    assert (series.firstEpoch, series.latestEpoch, series.supplyConfirmed) == (first, latest, True)
    assert series.observedAt == ready.observer.observationOf(ready.token, latest).observedAt


def test_constructor_configs_without_a_delay_revert(stage: Stage) -> None:
    with reverts_with("ConfigDelayIsZero"):
        stage.actors.owner.deploy(
            stage.project.AssetObserver, stage.authority, stage.deposit, EPOCH_LENGTH, 0, ZERO_ADDRESS
        )
