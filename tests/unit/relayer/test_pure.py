"""Decisions without I/O: states, nonces, fees, backoff, finality."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relayer.backoff import LONGEST_SECONDS, backoff_seconds
from relayer.fees import (
    TRANSACTION_GAS_CAP,
    GasAboveCapError,
    InsufficientFundsError,
    check_funds,
    gas_limit,
)
from relayer.finality import BlockReference, Standing, finalized_by_depth, standing
from relayer.nonces import foreign_nonces, next_nonce
from relayer.states import (
    EFFECTIVE,
    IN_FLIGHT,
    SETTLED,
    TRANSITIONS,
    IllegalTransitionError,
    JobState,
    check_transition,
)

WEI = st.integers(min_value=0, max_value=10**18)
STATES = st.sampled_from(JobState)


@given(STATES, STATES)
def test_check_transition_any_pair_agrees_with_the_table(old: JobState, new: JobState) -> None:
    if new in TRANSITIONS[old]:
        check_transition(old, new)
    else:
        with pytest.raises(IllegalTransitionError, match=f"state {old} cannot become {new}"):
            check_transition(old, new)


def test_transitions_every_state_is_covered_and_reachable_from_the_first() -> None:
    assert set(TRANSITIONS) == set(JobState)
    reached, frontier = set(), {JobState.QUEUED, JobState.SKIPPED}
    while frontier:
        reached |= frontier
        frontier = {new for old in frontier for new in TRANSITIONS[old]} - reached
    assert reached == set(JobState)


def test_transitions_success_is_terminal() -> None:
    assert not TRANSITIONS[JobState.FINALIZED]
    assert not TRANSITIONS[JobState.ALREADY_ON_CHAIN]


def test_transitions_only_queued_may_take_a_nonce_and_only_what_is_followed_settles() -> None:
    assert [old for old, news in TRANSITIONS.items() if JobState.SENT in news and old is not JobState.INCLUDED] == [
        JobState.QUEUED
    ]
    assert IN_FLIGHT | SETTLED | {JobState.QUEUED} == set(JobState)
    assert not IN_FLIGHT & SETTLED
    assert JobState.SENT not in EFFECTIVE


@given(st.integers(0, 50), st.integers(0, 10), st.sets(st.integers(0, 70)))
def test_next_nonce_any_view_is_free_and_lowest(latest: int, ahead: int, stored: set[int]) -> None:
    pending = latest + ahead
    nonce = next_nonce(latest=latest, pending=pending, stored=stored)
    assert nonce >= pending
    assert nonce not in stored
    assert all(n in stored for n in range(pending, nonce))


def test_next_nonce_lagging_node_does_not_reuse_a_stored_one() -> None:
    assert next_nonce(latest=3, pending=3, stored={3, 4, 5}) == 6


def test_foreign_nonces_key_used_elsewhere_names_them() -> None:
    assert foreign_nonces(latest=3, pending=6, stored={4}) == (3, 5)


@given(st.integers(21_000, 40_000_000), st.integers(1_000_000, 60_000_000))
def test_gas_limit_any_estimate_covers_it_within_the_cap(estimate: int, block: int) -> None:
    cap = min(TRANSACTION_GAS_CAP, block)
    if estimate > cap:
        with pytest.raises(GasAboveCapError):
            gas_limit(estimate=estimate, block_gas_limit=block)
        return
    limit = gas_limit(estimate=estimate, block_gas_limit=block)
    assert estimate <= limit <= cap
    assert limit == cap or limit * 100 >= estimate * 120


@given(WEI, WEI, WEI)
def test_check_funds_any_balance_never_promises_more_than_there_is(balance: int, reserved: int, cost: int) -> None:
    if balance >= reserved + cost:
        check_funds(balance=balance, reserved=reserved, cost=cost, signer="0xA", chain="home")
    else:
        with pytest.raises(InsufficientFundsError, match=f"Send at least {cost + reserved - balance} wei"):
            check_funds(balance=balance, reserved=reserved, cost=cost, signer="0xA", chain="home")


@given(st.integers(-5, 10_000))
def test_backoff_seconds_any_count_grows_and_is_bounded(failures: int) -> None:
    wait = backoff_seconds(failures)
    assert 1.0 <= wait <= LONGEST_SECONDS
    assert backoff_seconds(failures + 1) >= wait


def test_backoff_seconds_first_failures_double() -> None:
    assert [backoff_seconds(n) for n in (1, 2, 3)] == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("hash_now", "finalized", "expected"),
    [
        (None, 99, Standing.PENDING),
        ("0xother", 99, Standing.GONE),
        ("0xother", 0, Standing.GONE),
        ("0xmine", 9, Standing.PENDING),
        ("0xmine", 10, Standing.FINAL),
    ],
)
def test_standing_cases(hash_now: str | None, finalized: int, expected: Standing) -> None:
    assert standing(BlockReference(10, "0xmine"), hash_now=hash_now, finalized=finalized) is expected


def test_finalized_by_depth_young_chain_has_none() -> None:
    assert finalized_by_depth(head=3, depth=5) < 0
