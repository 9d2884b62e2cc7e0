from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.messages import RefusalCode
from neurons.miner.queue import ProvingQueue, expected_wait
from neurons.refusing import RefusedError


@pytest.mark.parametrize(
    ("admitted", "workers", "wait"), [(0, 1, 0), (1, 1, 10), (2, 1, 20), (1, 2, 0), (2, 2, 10), (3, 2, 10), (4, 2, 20)]
)
def test_expected_wait_counts_whole_rounds_of_workers(admitted: int, workers: int, wait: float) -> None:
    assert expected_wait(admitted=admitted, workers=workers, seconds_per_proof=10.0) == wait


@given(st.integers(0, 50), st.integers(1, 8))
def test_expected_wait_one_more_admitted_never_waits_less(admitted: int, workers: int) -> None:
    now = expected_wait(admitted=admitted, workers=workers, seconds_per_proof=1.0)
    assert now <= expected_wait(admitted=admitted + 1, workers=workers, seconds_per_proof=1.0)


def test_place_full_queue_is_refused_with_the_expected_wait() -> None:
    queue = ProvingQueue(workers=1, limit=1)
    queue.measured("circuit", 4.0)
    with queue.place("circuit", 60), queue.place("circuit", 60):
        assert queue.waiting == 1
        with pytest.raises(RefusedError) as caught, queue.place("circuit", 60):
            pass
        assert caught.value.code is RefusalCode.QUEUE_FULL
        assert caught.value.retry_after == 8.0
    assert queue.waiting == 0


def test_place_left_by_an_error_is_free_again() -> None:
    queue = ProvingQueue(workers=1, limit=0)
    with pytest.raises(ZeroDivisionError), queue.place("circuit", 60):
        raise ZeroDivisionError
    with queue.place("circuit", 60):
        pass


def test_place_deadline_too_short_is_refused_at_once() -> None:
    queue = ProvingQueue(workers=1, limit=4)
    queue.measured("circuit", 10.0)
    with queue.place("circuit", 60), pytest.raises(RefusedError) as caught, queue.place("circuit", 15):
        pass
    assert caught.value.code is RefusalCode.DEADLINE_TOO_SHORT


def test_seconds_per_proof_is_the_median_of_a_circuit() -> None:
    queue = ProvingQueue(workers=1, limit=0)
    assert queue.seconds_per_proof("circuit") is None
    for seconds in (1.0, 9.0, 2.0):
        queue.measured("circuit", seconds)
    assert queue.seconds_per_proof("circuit") == 2.0
    assert queue.seconds_per_proof("other") is None


def test_response_of_a_full_queue_is_503_with_retry_after() -> None:
    response = RefusedError(RefusalCode.QUEUE_FULL, "busy", retry_after=2.5).response()
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "3"
