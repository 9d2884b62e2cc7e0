from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.validator.choose import EXPLORE_EVERY, Candidate, choose_miner, expected_finish


def candidate(hotkey: str, **fields: float | None) -> Candidate:
    defaults = {"hotkey": hotkey, "endpoint": "http://x", "workers": 1, "in_flight": 0, "asked": 0}
    return Candidate(**(defaults | fields))  # type: ignore[arg-type] # fields of several types


def test_choose_miner_none_free_gives_none() -> None:
    assert choose_miner([], ()) is None
    assert choose_miner([candidate("a", in_flight=1)], ()) is None
    assert choose_miner([candidate("a")], {"a"}) is None


def test_choose_miner_least_occupied_comes_first() -> None:
    busy, idle = candidate("a", workers=4, in_flight=1), candidate("b", workers=4, asked=9)
    assert choose_miner([busy, idle], ()) == idle


def test_choose_miner_equally_free_take_turns() -> None:
    assert choose_miner([candidate("a", asked=2), candidate("b", asked=1)], ()) == candidate("b", asked=1)


def test_choose_miner_fastest_expected_finish_comes_first() -> None:
    slow, quick = candidate("a", seconds=9.0), candidate("b", seconds=3.0, asked=5)
    assert choose_miner([slow, quick], ()) == quick
    # three rounds of the quick one take as long as one of the slow one, four take longer
    assert choose_miner([slow, candidate("b", seconds=3.0, queue_length=2)], (), explore=False) == slow
    assert choose_miner([slow, candidate("b", seconds=3.0, queue_length=1)], (), explore=False) != slow


def test_choose_miner_unmeasured_goes_first_unless_a_customer_waits() -> None:
    known, new = candidate("a", seconds=3.0), candidate("b", asked=1)
    assert choose_miner([known, new], ()) == new
    assert choose_miner([known, new], (), explore=False) == known
    assert choose_miner([new], (), explore=False) == new
    assert choose_miner([known, candidate("b", failures=1)], ()) == known


def test_choose_miner_now_and_then_explores_the_one_asked_least() -> None:
    quick = candidate("a", seconds=1.0, asked=EXPLORE_EVERY - 2)
    slow = candidate("b", seconds=9.0, asked=1)
    assert choose_miner([quick, slow], ()) == slow
    assert choose_miner([quick, slow], (), explore=False) == quick
    assert choose_miner([candidate("a", seconds=1.0, asked=EXPLORE_EVERY - 1), slow], ()) != slow


@pytest.mark.parametrize("failures", [0, 1, 5, 5000])
def test_expected_finish_each_failure_doubles_it(failures: int) -> None:
    assert expected_finish(candidate("a", seconds=2.0, failures=failures), 7.0) == 2.0 * 2.0 ** min(failures, 10)
    assert expected_finish(candidate("a", in_flight=1, workers=2), 7.0) == 7.0


_MINERS = st.lists(
    st.builds(
        candidate,
        st.sampled_from("abcdef"),
        workers=st.integers(1, 4),
        in_flight=st.integers(0, 5),
        asked=st.integers(0, 20),
        queue_length=st.integers(0, 9),
        seconds=st.none() | st.floats(0.001, 100),
        failures=st.integers(0, 20),
    ),
    unique_by=lambda miner: miner.hotkey,
)


@given(_MINERS, st.sets(st.sampled_from("abcdef")), st.booleans())
def test_choose_miner_any_fleet_gives_a_free_untried_one_if_there_is_one(
    miners: list[Candidate], tried: set[str], explore: bool
) -> None:
    free = [miner for miner in miners if miner.hotkey not in tried and miner.in_flight < miner.workers]
    chosen = choose_miner(miners, tried, explore=explore)
    assert (chosen in free) if free else chosen is None


@given(_MINERS)
def test_choose_miner_for_a_customer_no_measured_miner_would_finish_sooner(miners: list[Candidate]) -> None:
    chosen = choose_miner(miners, (), explore=False)
    if chosen is not None and chosen.seconds is not None:
        for miner in miners:
            if miner.seconds is not None and miner.in_flight < miner.workers:
                assert expected_finish(chosen, 0.0) <= expected_finish(miner, 0.0)
