"""Waiting in turn: who is cancelled, displaced or late gives the place back."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from neurons.messages import RefusalCode
from neurons.miner.durations import ProofDurations
from neurons.miner.fair_order import RequestKind
from neurons.miner.places import Places
from neurons.miner.queue import ProvingQueue
from neurons.refusing import RefusedError

QUERY, BENCHMARK = RequestKind.QUERY, RequestKind.BENCHMARK


def places_of(limit: int = 4) -> Places:
    return Places(ProvingQueue(workers=1, limit=limit, durations=ProofDurations()))


async def hold(places: Places, until: asyncio.Event, served: list[str], name: str, kind: RequestKind = QUERY) -> None:
    async with places.hold("caller", kind, "circuit", 60):
        served.append(name)
        await until.wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_hold_cancelled_while_waiting_gives_the_place_back() -> None:
    async def go() -> None:
        places, end, served = places_of(), asyncio.Event(), list[str]()
        first = asyncio.create_task(hold(places, end, served, "first"))
        await settle()
        second = asyncio.create_task(hold(places, end, served, "second"))
        await settle()
        assert (places.queue.running, places.queue.waiting) == (1, 1)
        second.cancel()
        with suppress(asyncio.CancelledError):
            await second
        assert (places.queue.running, places.queue.waiting) == (1, 0)
        end.set()
        await first
        assert (places.queue.running, served) == (0, ["first"])

    asyncio.run(go())


def test_hold_failure_while_proving_lets_the_next_begin() -> None:
    async def go() -> None:
        places, end, served = places_of(), asyncio.Event(), list[str]()

        async def fail() -> None:
            async with places.hold("failing", QUERY, "circuit", 60):
                await settle()
                raise ValueError("proof failed")

        failing = asyncio.create_task(fail())
        await asyncio.sleep(0)
        following = asyncio.create_task(hold(places, end, served, "following"))
        with pytest.raises(ValueError, match="proof failed"):
            await failing
        end.set()
        await following
        assert served == ["following"]

    asyncio.run(go())


def test_hold_displaced_benchmark_is_refused_with_the_wait() -> None:
    async def go() -> None:
        places, end, served = places_of(limit=1), asyncio.Event(), list[str]()
        tasks = [asyncio.create_task(hold(places, end, served, "first"))]
        await settle()
        displaced = asyncio.create_task(hold(places, end, served, "benchmark", BENCHMARK))
        await settle()
        tasks.append(asyncio.create_task(hold(places, end, served, "query")))
        with pytest.raises(RefusedError) as caught:
            await displaced
        assert caught.value.code is RefusalCode.QUEUE_FULL
        assert caught.value.retry_after is not None
        end.set()
        await asyncio.gather(*tasks)
        assert served == ["first", "query"]

    asyncio.run(go())


def test_hold_deadline_that_passes_in_the_queue_is_refused_and_gives_the_place_back() -> None:
    async def go() -> None:
        places, end, served = places_of(), asyncio.Event(), list[str]()
        first = asyncio.create_task(hold(places, end, served, "first"))
        await settle()
        with pytest.raises(RefusedError) as caught:
            async with places.hold("late", QUERY, "circuit", 0.01):
                served.append("late")
        assert caught.value.code is RefusalCode.DEADLINE_TOO_SHORT
        assert caught.value.retry_after is not None
        assert places.queue.waiting == 0
        end.set()
        await first
        assert served == ["first"]

    asyncio.run(go())


def test_hold_what_could_not_be_ready_any_more_is_refused_when_a_worker_becomes_free() -> None:
    async def go() -> None:
        now = [0.0]
        places, end, served = Places(places_of().queue, lambda: now[0]), asyncio.Event(), list[str]()
        first = asyncio.create_task(hold(places, end, served, "first"))
        late = asyncio.create_task(hold(places, end, served, "late"))
        await settle()
        places.queue.durations.measured("circuit", 20.0)
        now[0] = 45.0
        end.set()
        await first
        with pytest.raises(RefusedError) as caught:
            await late
        assert (caught.value.code, served) == (RefusalCode.DEADLINE_TOO_SHORT, ["first"])

    asyncio.run(go())
