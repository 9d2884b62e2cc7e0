"""Never more requests than allowed, whenever they come; and what an endpoint's own words about rest mean."""

from datetime import UTC, datetime
from itertools import accumulate

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relayer.rate_limits import LONGEST_REST_SECONDS, TokenBucket, rest_seconds

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=80), st.floats(0.2, 100), st.floats(1, 20), st.floats(0.01, 10))
def test_take_no_window_holds_more_than_burst_and_rate(
    pauses: list[float], rate: float, burst: float, window: float
) -> None:
    bucket = TokenBucket(rate, burst)
    sent = sorted(now + bucket.take(now) for now in accumulate(pauses))
    for begin in sent:
        assert sum(begin <= moment < begin + window for moment in sent) <= burst + rate * window + 1e-6


@given(st.lists(st.floats(0, 3), min_size=1, max_size=80), st.floats(0.2, 100))
def test_take_nobody_waits_longer_than_the_rate_asks_for(pauses: list[float], rate: float) -> None:
    bucket = TokenBucket(rate, 1)
    free = 0.0
    for now in accumulate(pauses):
        assert bucket.wait(now) == pytest.approx(max(0.0, free - now), abs=1e-9)
        moment = now + bucket.take(now)
        assert moment == pytest.approx(max(now, free))
        free = moment + 1 / rate


def test_take_after_a_rest_only_the_burst_goes_at_once() -> None:
    bucket = TokenBucket(10, 3)
    assert [round(bucket.take(1000.0), 6) for _ in range(5)] == [0, 0, 0, 0.1, 0.2]


def test_wait_takes_nothing() -> None:
    bucket = TokenBucket(1)
    bucket.take(5.0)
    assert [bucket.wait(5.0)] * 2 == [1.0, 1.0]


@pytest.mark.parametrize(
    ("header", "date", "seconds"),
    [
        ("7", "", 7.0),
        ("0", "", 0.0),
        ("999999999", "", LONGEST_REST_SECONDS),
        ("Sat, 21 Nov 2026 12:00:30 GMT", "", 30.0),
        # by the endpoint's own clock, which is an hour late
        ("Sat, 21 Nov 2026 11:00:30 GMT", "Sat, 21 Nov 2026 11:00:10 GMT", 20.0),
        ("Sat, 21 Nov 2026 11:59:00 GMT", "", 0.0),
        ("Sun, 21 Nov 2027 12:00:00 GMT", "", LONGEST_REST_SECONDS),
        ("", "", None),
        ("soon", "", None),
        ("-5", "", None),
        ("1.5", "", None),
        ("Sat, 21 Nov 2026 12:00:30 -0000", "", None),
        ("7", "nonsense", 7.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", "nonsense", 30.0),
    ],
)
def test_rest_seconds_both_forms_of_the_header(header: str, date: str, seconds: float | None) -> None:
    assert rest_seconds(header, date=date, now=NOON) == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_rest_seconds_anything_is_read_or_passed_over(header: str, date: str) -> None:
    found = rest_seconds(header, date=date, now=NOON)
    assert found is None or 0 <= found <= LONGEST_REST_SECONDS
