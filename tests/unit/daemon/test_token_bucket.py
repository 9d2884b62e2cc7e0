from hypothesis import given
from hypothesis import strategies as st

from daemon.token_bucket import Rate, take

_RATES = st.builds(Rate, st.floats(0.01, 100), st.integers(1, 50).map(float))
_PAUSES = st.lists(st.floats(0, 30), min_size=1, max_size=60)


@given(_RATES, _PAUSES)
def test_take_in_any_span_admits_at_most_burst_and_rate(rate: Rate, pauses: list[float]) -> None:
    full_at, now, admitted = 0.0, 1000.0, []
    for pause in pauses:
        now += pause
        decision = take(full_at, now, rate)
        full_at = decision.full_at
        if decision.admitted:
            admitted.append(now)
    for first, since in enumerate(admitted):
        for last, until in enumerate(admitted[first:], first):
            assert last - first + 1 <= rate.burst + rate.per_second * (until - since) + 1e-3


@given(_RATES, _PAUSES)
def test_take_after_the_wait_is_admitted_and_before_it_is_not(rate: Rate, pauses: list[float]) -> None:
    full_at, now = 0.0, 0.0
    for pause in pauses:
        now += pause
        decision = take(full_at, now, rate)
        if not decision.admitted:
            assert take(decision.full_at, now + decision.wait * 1.001 + 1e-6, rate).admitted
            assert not take(decision.full_at, now + decision.wait * 0.9 - 1e-5, rate).admitted
        full_at = decision.full_at


@given(_RATES)
def test_take_at_once_admits_exactly_the_burst(rate: Rate) -> None:
    full_at, admitted = 0.0, 0
    for _ in range(int(rate.burst) + 5):
        decision = take(full_at, 500.0, rate)
        full_at, admitted = decision.full_at, admitted + decision.admitted
    assert admitted == rate.burst


def test_take_clock_set_back_waits_no_longer_than_an_empty_bucket() -> None:
    rate = Rate(per_second=1.0, burst=2.0)
    late = take(0.0, 1_000_000.0, rate)
    assert take(late.full_at, 0.0, rate).wait == 1.0
