"""Admission, priority and fair shares: no time passes here but what the tests say."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurons.messages import RefusalCode
from neurons.miner.durations import ASSUMED_SECONDS, ProofDurations
from neurons.miner.fair_order import RequestKind
from neurons.miner.queue import Admission, ProvingQueue
from neurons.refusing import RefusedError

QUERY, BENCHMARK = RequestKind.QUERY, RequestKind.BENCHMARK


def queue_of(
    *, workers: int = 1, limit: int = 8, seconds: float = 4.0, caller_limit: int | None = None
) -> ProvingQueue:
    durations = ProofDurations()
    durations.measured("circuit", seconds)
    return ProvingQueue(workers=workers, limit=limit, caller_limit=caller_limit, durations=durations)


def admit(
    queue: ProvingQueue, caller: str = "a", kind: RequestKind = QUERY, deadline: float = 1000, now: float = 0
) -> Admission:
    return queue.admit(caller, kind, "circuit", deadline, now)


def refused(
    queue: ProvingQueue, *, caller: str = "a", kind: RequestKind = QUERY, deadline: float = 1000
) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        admit(queue, caller, kind, deadline)
    return caught.value


def test_admit_full_queue_is_refused_with_the_expected_wait() -> None:
    queue = queue_of(limit=1)
    admit(queue)
    assert queue.start(0) is not None
    admit(queue)
    assert (queue.running, queue.waiting) == (1, 1)
    error = refused(queue)
    assert (error.code, error.retry_after) == (RefusalCode.QUEUE_FULL, 8.0)


def test_admit_expected_wait_counts_what_has_passed_of_running_proofs() -> None:
    queue = queue_of(workers=2)
    assert admit(queue).expected_wait == 0.0
    queue.start(0)
    assert admit(queue, now=1).expected_wait == 0.0
    queue.start(1)
    assert admit(queue, now=3).expected_wait == 1.0
    assert admit(queue, now=3).expected_wait == 2.0
    assert admit(queue, now=3).expected_wait == 5.0


def test_admit_deadline_that_cannot_be_met_is_refused_at_once() -> None:
    queue = queue_of()
    admit(queue)
    queue.start(0)
    error = refused(queue, deadline=7.9)
    assert (error.code, error.retry_after) == (RefusalCode.DEADLINE_TOO_SHORT, 4.0)
    admit(queue, deadline=8.0)


def test_admit_circuit_never_measured_is_not_refused_for_a_guess() -> None:
    queue = ProvingQueue(workers=1, limit=1)
    assert queue.durations.expected("circuit") == ASSUMED_SECONDS
    queue.durations.suppose("circuit", 3.0)
    assert queue.durations.expected("circuit") == 3.0
    admit(queue, deadline=0.1)


def test_admit_before_the_first_proof_the_wait_counts() -> None:
    queue = ProvingQueue(workers=1, limit=100)
    queue.durations.suppose("circuit", 60.0)
    for _ in range(5):
        admit(queue)
    queue.start(0)
    error = refused(queue, deadline=30)
    assert (error.code, error.retry_after) == (RefusalCode.DEADLINE_TOO_SHORT, 300.0)
    admit(queue, deadline=300)


def test_drop_late_takes_out_what_could_not_be_ready_any_more() -> None:
    queue = queue_of(workers=2)
    admit(queue)
    queue.start(0)
    late, later = admit(queue, deadline=10).ticket, admit(queue, deadline=10.5).ticket
    assert queue.drop_late(6.0) == ()
    assert queue.drop_late(6.1) == (late,)
    assert queue.start(6.1) == later


def test_admit_beyond_the_callers_limit_is_refused_and_others_are_not() -> None:
    queue = queue_of(caller_limit=2)
    admit(queue)
    queue.start(0)
    admit(queue)
    assert refused(queue).code is RefusalCode.CALLER_LIMIT
    admit(queue, "b")


def test_start_query_goes_before_benchmarks_that_came_first() -> None:
    queue = queue_of()
    running = admit(queue, kind=BENCHMARK)
    assert queue.start(0) == running.ticket
    admit(queue, kind=BENCHMARK)
    query = admit(queue, "b", QUERY)
    assert query.expected_wait == 4.0
    assert queue.start(1) is None
    queue.finish(running.ticket)
    assert queue.start(4) == query.ticket


def test_admit_query_displaces_the_callers_newest_benchmark_of_a_full_queue() -> None:
    queue = queue_of(limit=2)
    admit(queue, kind=BENCHMARK)
    queue.start(0)
    first, second = admit(queue, kind=BENCHMARK), admit(queue, kind=BENCHMARK)
    assert admit(queue, kind=QUERY).displaced == second.ticket
    assert admit(queue, kind=QUERY).displaced == first.ticket
    assert refused(queue).code is RefusalCode.QUEUE_FULL
    assert refused(queue, kind=BENCHMARK).code is RefusalCode.QUEUE_FULL


def test_admit_caller_with_less_displaces_who_holds_more_until_they_are_equal() -> None:
    queue = queue_of(limit=4)
    admit(queue)
    queue.start(0)
    greedy = [admit(queue).ticket for _ in range(4)]
    assert admit(queue, "b").displaced == greedy[3]
    assert admit(queue, "b").displaced == greedy[2]
    assert refused(queue, caller="b").code is RefusalCode.QUEUE_FULL
    assert refused(queue).code is RefusalCode.QUEUE_FULL


def test_admit_callers_who_are_nearly_equal_do_not_displace_each_other_for_ever() -> None:
    queue = queue_of(limit=3)
    admit(queue)
    queue.start(0)
    greedy = [admit(queue).ticket for _ in range(3)]
    assert admit(queue, "b").displaced == greedy[2]
    assert refused(queue, caller="b").code is RefusalCode.QUEUE_FULL


def test_admit_query_displaces_who_holds_most_not_the_benchmark_of_who_holds_little() -> None:
    queue = queue_of(limit=4)
    admit(queue)
    queue.start(0)
    newest = [admit(queue).ticket for _ in range(3)][-1]
    admit(queue, "c", BENCHMARK)
    assert admit(queue, "b").displaced == newest


def test_start_one_callers_queries_do_not_starve_anothers_benchmarks() -> None:
    queue = queue_of(limit=8)
    served: Counter[str] = Counter()
    for round_ in range(60):
        for caller, kind in [("greedy", QUERY)] * 10 + [("tester", BENCHMARK)] * 2:
            with suppress(RefusedError):
                admit(queue, caller, kind, now=4.0 * round_)
        ticket = queue.start(4.0 * round_)
        assert ticket is not None
        served[ticket.caller] += 1
        queue.finish(ticket)
    assert abs(served["greedy"] - served["tester"]) <= 1


def test_start_callers_query_goes_before_its_benchmarks_and_before_those_of_equals() -> None:
    queue = queue_of()
    others, own = admit(queue, "a", BENCHMARK).ticket, admit(queue, "b", BENCHMARK).ticket
    query = admit(queue, "b", QUERY).ticket
    served = []
    while (ticket := queue.start(0)) is not None:
        served.append(ticket)
        queue.finish(ticket)
    assert served == [query, others, own]


def test_admit_refused_newcomer_displaces_nobody() -> None:
    queue = queue_of(limit=1)
    admit(queue)
    queue.start(0)
    admit(queue, kind=BENCHMARK)
    assert refused(queue, deadline=1).code is RefusalCode.DEADLINE_TOO_SHORT
    assert queue.waiting == 1


def test_withdraw_gives_the_place_back() -> None:
    queue = queue_of(limit=1)
    admit(queue)
    queue.start(0)
    waiting = admit(queue)
    queue.withdraw(waiting.ticket)
    queue.withdraw(waiting.ticket)
    assert queue.waiting == 0
    admit(queue)


def test_start_caller_who_was_away_saves_up_no_time() -> None:
    queue = queue_of(limit=100)
    for _ in range(50):
        admit(queue, "a")
    for _ in range(20):
        ticket = queue.start(0)
        assert ticket is not None
        queue.finish(ticket)
    for _ in range(10):
        admit(queue, "late")
    served = []
    for _ in range(10):
        ticket = queue.start(0)
        assert ticket is not None
        served.append(ticket.caller)
        queue.finish(ticket)
    assert Counter(served) == {"a": 5, "late": 5}


@settings(max_examples=12, deadline=None)
@given(st.integers(2, 5), st.integers(1, 3), st.integers(6, 16), st.integers(2, 10))
def test_shares_of_callers_who_all_want_more_differ_by_no_more_than_a_proof_or_two(
    callers: int, workers: int, limit: int, greed: int
) -> None:
    """The first caller asks ``greed`` times as often; all ask for more than there is."""
    queue = queue_of(workers=workers, limit=max(limit, 2 * callers))
    names = [f"caller {number}" for number in range(callers)]
    served: Counter[str] = Counter()
    for round_ in range(60):
        for name in [names[0]] * greed + names[1:] * 2:
            with suppress(RefusedError):
                admit(queue, name, now=4.0 * round_, deadline=10**6)
        for _ in range(workers):
            ticket = queue.start(4.0 * round_)
            assert ticket is not None
            served[ticket.caller] += 1
            queue.finish(ticket)
    assert max(served[name] for name in names) - min(served[name] for name in names) <= 2


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[str, str, RequestKind]]:
    steps = st.tuples(
        st.sampled_from(["admit", "start", "finish", "withdraw"]), st.sampled_from("abc"), st.sampled_from(RequestKind)
    )
    return draw(st.lists(steps, max_size=60))


@given(courses(), st.integers(1, 3), st.integers(0, 5))
def test_any_course_keeps_the_bounds_and_loses_no_request(
    course: list[tuple[str, str, RequestKind]], workers: int, limit: int
) -> None:
    queue = queue_of(workers=workers, limit=limit)
    waiting, running = [], []
    for step, caller, kind in course:
        if step == "admit":
            try:
                admission = admit(queue, caller, kind)
            except RefusedError:
                assert len(waiting) + len(running) == workers + limit
            else:
                waiting.append(admission.ticket)
                if admission.displaced is not None:
                    waiting.remove(admission.displaced)
        elif step == "start":
            ticket = queue.start(0)
            assert (ticket is None) == (not waiting or len(running) == workers)
            if ticket is not None:
                assert ticket.priority == min(other.priority for other in waiting if other.caller == ticket.caller)
                waiting.remove(ticket)
                running.append(ticket)
        elif step == "finish" and running:
            queue.finish(running.pop(0))
        elif step == "withdraw" and waiting:
            queue.withdraw(waiting.pop())
        assert (queue.waiting, queue.running) == (len(waiting), len(running))
        assert len(waiting) + len(running) <= workers + limit
