"""Which update is due: properties of the pure decision."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relayer.policy import Cause, Score, Update, UpdateRules, decide, moved_by
from relayer.policy_settings import AssetPolicy, ChainPolicy

SCALE = 12
OUTPUTS = st.tuples(st.integers(0, 1 << SCALE), st.integers(0, 1 << SCALE))
RULES = UpdateRules(
    heartbeat_seconds=3600, deviation_basis_points=50, early_after_seconds=1800, early_deviation_basis_points=20
)
ASSET = "0x" + "00" * 19 + "01"


def score(outputs: tuple[int, ...] = (100, 200), epoch: int = 8, scale: int = SCALE) -> Score:
    return Score(epoch, outputs, scale)


def last(outputs: tuple[int, ...] = (100, 200), at: float = 0.0) -> Update:
    return Update(score(outputs, epoch=7), at)


@given(OUTPUTS, OUTPUTS, st.integers(1, 10_000))
def test_moved_by_is_symmetric_and_agrees_with_fractions(
    before: tuple[int, int], after: tuple[int, int], points: int
) -> None:
    expected = any(abs(b - a) * 10_000 >= points * (1 << SCALE) for a, b in zip(before, after, strict=True))
    assert moved_by(score(before), score(after), points) == moved_by(score(after), score(before), points) == expected


@given(OUTPUTS, OUTPUTS, st.integers(1, 10_000), st.integers(1, 10))
def test_moved_by_does_not_depend_on_the_scale(
    before: tuple[int, int], after: tuple[int, int], points: int, more: int
) -> None:
    finer = score(tuple(value << more for value in after), scale=SCALE + more)
    assert moved_by(score(before), finer, points) == moved_by(score(before), score(after), points)


@given(OUTPUTS, st.integers(1, 10_000))
def test_moved_by_nothing_is_never_a_deviation(outputs: tuple[int, int], points: int) -> None:
    assert not moved_by(score(outputs), score(outputs), points)


def test_moved_by_another_number_of_outputs_is_a_deviation() -> None:
    assert moved_by(score((1, 2)), score((1,)), 10_000)


@given(OUTPUTS, OUTPUTS, st.floats(0, 10**7), st.booleans())
def test_decide_older_than_the_heartbeat_is_always_due(
    before: tuple[int, int], after: tuple[int, int], more: float, another: bool
) -> None:
    assert decide(score(after), last(before), RULES, now=3600 + more, another_due=another).due


@given(OUTPUTS, OUTPUTS, st.floats(0, 3599))
def test_decide_what_is_due_alone_is_due_in_company(
    before: tuple[int, int], after: tuple[int, int], now: float
) -> None:
    alone = decide(score(after), last(before), RULES, now=now, another_due=False)
    together = decide(score(after), last(before), RULES, now=now, another_due=True)
    assert together.due or not alone.due


@given(OUTPUTS, st.integers(0, 7), st.floats(0, 10**7), st.booleans())
def test_decide_an_epoch_that_is_not_later_is_never_due(
    outputs: tuple[int, int], epoch: int, now: float, another: bool
) -> None:
    decision = decide(score(outputs, epoch), last(), RULES, now=now, another_due=another)
    assert decision.cause is Cause.OLD
    assert not decision.due


@given(OUTPUTS, st.floats(0, 10**9), st.booleans())
def test_decide_without_heartbeat_every_proof_is_due(outputs: tuple[int, int], now: float, another: bool) -> None:
    assert decide(score(outputs, 1), last(), UpdateRules(), now=now, another_due=another).cause is Cause.EVERY


@pytest.mark.parametrize(
    ("outputs", "now", "another", "cause"),
    [
        ((100, 200), 3599.9, False, Cause.QUIET),
        ((100, 200), 3600, False, Cause.HEARTBEAT),
        ((100, 220), 10, False, Cause.QUIET),
        ((100, 221), 10, False, Cause.DEVIATION),
        ((121, 200), 10, False, Cause.DEVIATION),
        ((100, 208), 10, True, Cause.QUIET),
        ((100, 209), 10, True, Cause.EARLY),
        ((100, 209), 10, False, Cause.QUIET),
        ((100, 200), 1800, True, Cause.EARLY),
        ((100, 200), 1800, False, Cause.QUIET),
        # a clock that was set back by more than the heartbeat
        ((100, 200), -3600, False, Cause.HEARTBEAT),
    ],
)
def test_decide_each_cause_at_its_edge(outputs: tuple[int, int], now: float, another: bool, cause: Cause) -> None:
    decision = decide(score(outputs), last(), RULES, now=now, another_due=another)
    assert decision.cause is cause
    assert decision.reason


def test_decide_first_update_is_due() -> None:
    assert decide(score(), None, RULES, now=0, another_due=False).cause is Cause.FIRST


def test_policy_of_an_asset_takes_the_rest_from_the_chain() -> None:
    policy = ChainPolicy(
        heartbeat_seconds=60,
        deviation_basis_points=10,
        maximum_gas_price_wei=7,
        assets=(AssetPolicy(asset=ASSET, deviation_basis_points=None, maximum_gas_price_wei=9),),
    )
    own, other = policy.of(ASSET), policy.of("0x" + "00" * 19 + "02")
    assert (own.heartbeat_seconds, own.deviation_basis_points, own.maximum_gas_price_wei) == (60, None, 9)
    assert (other.heartbeat_seconds, other.deviation_basis_points, other.maximum_gas_price_wei) == (60, 10, 7)


def test_policy_same_asset_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="same asset"):
        ChainPolicy(assets=(AssetPolicy(asset=ASSET), AssetPolicy(asset=ASSET)))
