from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from staking_model.calibrated import calibrated
from staking_model.durations import duration_labels
from staking_model.episodes import Episode
from staking_model.features import FeatureParameters, window_features
from staking_model.market import Market, Move, Truth, observations_of
from staking_model.profiles import demo_profile, random_profile
from staking_model.simulator import DEMO_ASSETS, EPOCH_SECONDS, simulate, simulate_market
from statements.errors import ConfigurationError

EPOCHS = 24
SEEDS = range(1, 6)


def premium(market: Market, symbol: str, epoch: int) -> float:
    point = market.points[symbol][epoch]
    return point.price / point.rate - 1


def test_simulate_market_same_seed_gives_same_market() -> None:
    assert simulate_market(7, EPOCHS) == simulate_market(7, EPOCHS)


def test_simulate_market_other_seed_gives_other_market() -> None:
    assert simulate_market(7, EPOCHS).points != simulate_market(8, EPOCHS).points


def test_simulate_market_fewer_assets_leaves_the_others_unchanged() -> None:
    alone = simulate_market(7, EPOCHS, ["weETH"])
    assert alone.points["weETH"] == simulate_market(7, EPOCHS).points["weETH"]


@pytest.mark.parametrize("seed", SEEDS)
def test_simulate_market_demo_ezeth_depegs_in_last_third_weeth_stays_calm(seed: int) -> None:
    market = simulate_market(seed, EPOCHS)
    assert all(abs(premium(market, "ezETH", epoch)) < 0.003 for epoch in range(EPOCHS * 2 // 3 - 3))
    assert premium(market, "ezETH", EPOCHS - 1) < -0.02
    assert all(abs(premium(market, "weETH", epoch)) < 0.003 for epoch in range(EPOCHS))
    assert market.points["ezETH"][-1].total < 0.95 * market.points["ezETH"][EPOCHS * 2 // 3 - 3].total
    assert all(point.rate == point.price == 10**18 for point in market.points["wETH"])


@pytest.mark.parametrize("seed", SEEDS)
def test_simulate_market_moves_add_up_to_totals(seed: int) -> None:
    market = simulate_market(seed, 48)
    held: dict[tuple[str, str], int] = {}
    for epoch in range(48):
        for symbol in DEMO_ASSETS:
            staked = sum(amount for (asset, _), amount in held.items() if asset == symbol)
            assert staked == market.points[symbol][epoch].total
            assert staked == sum(market.truths[symbol][epoch].holdings)
        for move in market.moves_at(epoch):
            assert move.amount > 0
            key = (move.asset, move.restaker)
            held[key] = held.get(key, 0) + (move.amount if move.move is Move.DEPOSIT else -move.amount)
            assert held[key] >= 0


def test_simulate_market_moves_are_few_enough_to_play() -> None:
    assert EPOCHS * 2 < len(simulate_market(7, EPOCHS).moves) < EPOCHS * 9


def test_simulate_market_timestamps_are_hourly_and_rates_grow() -> None:
    market = simulate_market(7, EPOCHS, start=1_700_000_000)
    assert market.epochs == EPOCHS
    for before, now in pairwise(market.points["weETH"]):
        assert now.timestamp - before.timestamp == EPOCH_SECONDS
        assert now.rate > before.rate
        assert now.supply == before.supply


def test_simulate_market_unknown_asset_raises() -> None:
    with pytest.raises(ConfigurationError, match="no simulated asset 'doge'"):
        simulate_market(1, EPOCHS, ["doge"])


def test_simulate_market_no_epochs_raises() -> None:
    with pytest.raises(ConfigurationError, match="0 epochs"):
        simulate_market(1, 0)


def test_simulate_random_profiles_have_episodes_and_hold_bounds() -> None:
    random = Random(3)
    market = simulate(3, 1500, [random_profile(random, number) for number in range(7)])
    stressed = [truth.stressed for truths in market.truths.values() for truth in truths]
    assert 0.005 < sum(stressed) / len(stressed) < 0.3
    for points in market.points.values():
        assert all(0 <= point.total <= point.supply for point in points)
        assert all(0.8 < point.price / point.rate < 1.1 for point in points)
    parity = market.points["token-6"]
    assert all(point.price == point.rate == 10**18 for point in parity)


@pytest.mark.parametrize("seed", SEEDS)
def test_simulate_events_of_holders_add_up_to_moves_and_totals(seed: int) -> None:
    market = simulate_market(seed, 48)
    for symbol, points in market.points.items():
        held: dict[str, int] = {}
        events = list(market.events[symbol])
        for point in points:
            while events and events[0].time <= point.timestamp:
                event = events.pop(0)
                held[event.holder] = held.get(event.holder, 0) + (
                    event.amount if event.move is Move.DEPOSIT else -event.amount
                )
                assert event.amount > 0
                assert held[event.holder] >= 0
            assert sum(held.values()) == point.total
        assert len(held) > 100


def expected_duration(truths: tuple[Truth, ...], now: int) -> float | None:
    """Mean remaining hours over 30 days of what is held at ``now``, by the hazards that will apply."""
    holdings = truths[now].holdings
    if sum(holdings) == 0:
        return None
    hours = 0.0
    for cohort, held in enumerate(holdings):
        staying = 1.0
        for later in range(now, now + 720):
            staying *= 1 - truths[later].hazards[cohort]
            hours += held * staying
    return hours / sum(holdings) / 720


def test_simulate_events_make_duration_labels_that_agree_with_the_hazards() -> None:
    random = Random(5)
    market = simulate(5, 1800, [random_profile(random, number) for number in range(6)])
    differences = []
    for symbol, points in market.points.items():
        times = [point.timestamp for point in points]
        labels = duration_labels(market.events[symbol], times, times[-1], 30 * 86400)
        for epoch in range(1, 1000, 50):
            label, truth = labels[epoch], expected_duration(market.truths[symbol], epoch)
            if label is None or truth is None:
                # everybody has left
                assert label is truth is None
                continue
            assert label.observed == pytest.approx(1)
            differences.append(label.value - truth)
    assert len(differences) > 100
    # what happened scatters about what was to be expected
    assert abs(sum(differences) / len(differences)) < 0.04
    assert max(map(abs, differences)) < 0.4


def test_simulate_stress_fills_the_queue_and_the_queue_opens_a_discount() -> None:
    random = Random(9)
    market = simulate(9, 1500, [random_profile(random, number) for number in range(7)])
    waits = {symbol: [truth.queue_wait for truth in truths] for symbol, truths in market.truths.items()}
    assert max(waits["token-6"]) == 0
    assert max(max(series) for series in waits.values()) > 24
    calm = demo_profile("weETH", 100)
    slow = replace(calm, network_waits=((1.0, 2000.0),))
    quick, late = (simulate(1, 100, [profile]) for profile in (calm, slow))
    assert premium(late, "weETH", 99) < premium(quick, "weETH", 99)


def test_random_profiles_lie_between_the_calibrated_tokens() -> None:
    random = Random(11)
    known = calibrated()
    profiles = [random_profile(random, number) for number in range(70)]
    for name in ("mean_premium", "noise", "reversion", "yearly_growth"):
        low, high = known.span(name)
        values = [getattr(profile, name) for profile in profiles if not profile.is_parity]
        assert low <= min(values) <= max(values) <= high
        assert max(values) - min(values) > (high - low) / 2


def test_episode_shallow_one_frightens_less_and_ends_in_time() -> None:
    shallow = Episode(onset=10, rumour=4, slide=20, half_life=12, severity=0.002)
    deep = Episode(onset=10, rumour=4, slide=20, half_life=12, severity=0.04)
    assert shallow.stress_at(20) == pytest.approx(0.1)
    assert not shallow.is_over(10)
    assert [shallow.is_over(epoch) for epoch in (34, 94, 96)] == [deep.is_over(epoch) for epoch in (34, 94, 96)]
    assert deep.is_over(96)


def test_observations_of_points_make_a_window() -> None:
    observations = observations_of(simulate_market(7, EPOCHS).points["ezETH"])
    assert len(window_features(observations[-9:], FeatureParameters())) == 32


def test_episode_stress_and_depth_rise_slide_and_decay() -> None:
    episode = Episode(onset=10, rumour=4, slide=20, half_life=12, severity=0.04)
    assert episode.stress_at(10) == pytest.approx(0.1)
    assert episode.stress_at(20) == 1.0
    assert episode.stress_at(34 + 12) == pytest.approx(0.5)
    assert episode.depth_at(10) == 0
    assert episode.depth_at(33) == pytest.approx(0.04)
    assert episode.depth_at(46) == pytest.approx(0.02)
    depths = [episode.depth_at(epoch) for epoch in range(10, 34)]
    assert depths == sorted(depths)


def test_demo_profile_weeth_is_no_parity_asset() -> None:
    assert not demo_profile("weETH", EPOCHS).is_parity
    assert demo_profile("wETH", EPOCHS).is_parity
