"""Simulated depegs are as many, as deep and as long as those on record. Needs no data: the targets are committed."""

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from staking_model.calibrated import calibrated
from staking_model.calibration_check import (
    TOLERANCE,
    EpisodeStatistics,
    at_end_of_day,
    disagreements,
    measured_statistics,
    record_profile,
    recorded_statistics,
    simulated_premiums,
)
from staking_model.event_rules import HOURLY
from staking_model.labels import exit_events
from staking_model.past_markets import RECORDS
from staking_model.profiles import AssetProfile, random_profile

YEAR = 24 * 365
HOURS_PER_STEP = {"weETH": 1, "stETH": 24}


def statistics(profile: AssetProfile, markets: int = 10) -> EpisodeStatistics:
    """Of two years of each market, at the record's own step."""
    series = [simulated_premiums(profile, seed, 2 * YEAR) for seed in range(markets)]
    step = HOURS_PER_STEP[profile.symbol]
    return measured_statistics([at_end_of_day(s) for s in series] if step == 24 else series, step)


@pytest.mark.parametrize("asset", RECORDS)
def test_record_profile_has_the_records_frequency_depth_and_duration(asset: str) -> None:
    assert disagreements(statistics(record_profile(asset)), recorded_statistics(calibrated(), asset)) == ()


def test_random_profiles_have_episodes_as_often_as_the_records() -> None:
    random = Random(11)
    profiles = [p for number in range(14) if not (p := random_profile(random, number)).is_parity]
    series = [at_end_of_day(simulated_premiums(profile, 1, 2 * YEAR)) for profile in profiles]
    found = measured_statistics(series, 24).per_year
    # each is like one of the records by chance; the simulator once made 9.8 here
    target = np.mean([recorded_statistics(calibrated(), asset).per_year for asset in RECORDS])
    assert target / TOLERANCE <= found <= target * TOLERANCE


def test_record_profile_events_are_as_frequent_as_on_weeth() -> None:
    """On weETH 5.6 % of the hours in the first 70 % of the record, 11 % after."""
    series = [simulated_premiums(record_profile("weETH"), seed, YEAR) for seed in range(3)]
    assert 0.04 < np.nanmean(np.concatenate([exit_events(s, None, HOURLY) for s in series])) < 0.11


@pytest.mark.parametrize(
    ("change", "found"),
    [
        # calm that wanders as far as the simulator's once did
        ({"noise": 0.000375, "reversion": 0.000966}, "per_year"),
        ({"episode_hazard": 0.0}, "deep_per_year"),
        ({"price_of_waiting": 0.15, "noise": 0.000254}, "per_year"),
    ],
)
def test_disagreements_name_what_is_wrong_with_another_market(change: dict[str, Any], found: str) -> None:
    other = statistics(replace(record_profile("stETH"), **change), markets=6)
    assert any(
        line.startswith(f"{found} ") for line in disagreements(other, recorded_statistics(calibrated(), "stETH"))
    )


def test_measured_statistics_counts_a_known_series() -> None:
    premiums = np.full(365, -0.001)
    premiums[200:203] -= (0.004, 0.012, 0.004)
    premiums[300] -= 0.003
    found = measured_statistics([premiums], 24)
    assert found.per_year == pytest.approx(2 / (361 / 365))
    assert found.deep_per_year == pytest.approx(found.per_year / 2)
    assert found.depth == pytest.approx((0.012 + 0.003) / 2)
    assert found.hours == pytest.approx((72 + 24) / 2)
    quiet = measured_statistics([np.zeros(365)], 24)
    assert (quiet.per_year, quiet.depth, quiet.hours) == (0, 0, 0)


def test_disagreements_are_within_a_factor_either_way_and_nearly_none_for_none() -> None:
    target = EpisodeStatistics(per_year=4, depth=0.01, hours=10, deep_per_year=0)
    assert disagreements(EpisodeStatistics(4 * 1.5, 0.01 / 1.5, 10, 0.1), target) == ()
    found = disagreements(EpisodeStatistics(4 * 1.7, 0.01, 10 / 1.7, 0.5), target)
    assert [line.split()[0] for line in found] == ["per_year", "hours", "deep_per_year"]
