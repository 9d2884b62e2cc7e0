from staking_model.observations.series import without_baselines
from tests.unit.staking_model.windows import observation


def test_without_baselines_first_observation_is_none_of_the_series() -> None:
    series = without_baselines([observation(10), observation(11), observation(12)])
    assert [o.epoch for o in series] == [11, 12]


def test_without_baselines_missed_epochs_are_carried() -> None:
    recorded = [observation(10), observation(11, price=5), observation(14, elapsed=3)]
    series = without_baselines(recorded)
    assert [(o.epoch, o.carried, o.elapsed) for o in series] == [
        (11, False, 1),
        (12, True, 1),
        (13, True, 1),
        (14, False, 3),
    ]
    assert {o.price for o in series[:3]} == {5}


def test_without_baselines_long_gap_starts_with_a_baseline_again() -> None:
    recorded = [observation(10), observation(11), observation(20), observation(21)]
    assert [o.epoch for o in without_baselines(recorded)] == [11, 21]


def test_without_baselines_supply_that_jumps_makes_another_baseline() -> None:
    recorded = [observation(10, supply=1000), observation(11, supply=1021), observation(12, supply=1021)]
    assert [o.epoch for o in without_baselines(recorded)] == [12]
    confirmed = [observation(10, supply=1000), observation(11, supply=1020)]
    assert [o.epoch for o in without_baselines(confirmed)] == [11]


def test_without_baselines_gap_after_a_baseline_makes_another() -> None:
    recorded = [observation(10), observation(12), observation(13)]
    assert [o.epoch for o in without_baselines(recorded)] == [13]
