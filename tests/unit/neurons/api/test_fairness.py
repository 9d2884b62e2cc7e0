"""Places and turns: whatever one caller does, the others get theirs."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from neurons.validator.api.fairness import Turns, may_open


@given(st.lists(st.sampled_from("abcde"), max_size=300), st.integers(1, 40))
def test_may_open_whatever_came_before_a_newcomer_finds_a_place_and_the_limit_holds(
    asked: list[str], limit: int
) -> None:
    own: Counter[str] = Counter()
    for caller in asked:
        if may_open(own[caller], own.total(), limit):
            own[caller] += 1
        assert own.total() <= limit
    alone = Counter({"one": 0})
    while may_open(alone["one"], alone.total(), limit):
        alone["one"] += 1
    assert limit == 1 or alone["one"] <= (limit + 1) // 2
    assert limit == 1 or may_open(0, alone["one"], limit)


async def _order(asked: str, capacity: int) -> str:
    turns, order = Turns(lambda _: capacity), []
    first = asyncio.Event()

    async def query(caller: str) -> None:
        async with turns.turn("circuit", caller):
            order.append(caller)
            await first.wait()

    tasks = [asyncio.create_task(query(caller)) for caller in asked]
    await asyncio.sleep(0)
    first.set()
    await asyncio.gather(*tasks)
    return "".join(order)


def test_turn_goes_round_the_callers_not_round_the_queries() -> None:
    assert asyncio.run(_order("aaaaaabbc", 1)) == "aabcabaaa"
    assert asyncio.run(_order("aaaaaab", 2))[:4] == "aaab"


@given(st.integers(1, 5), st.integers(2, 5), st.integers(1, 4))
def test_turn_ten_times_as_many_queries_get_no_larger_share(each: int, callers: int, capacity: int) -> None:
    names = "abcdefg"[:callers]
    order = asyncio.run(_order(names[0] * 10 * each + "".join(name * each for name in names[1:]), capacity))
    # the first turns go to who came first, as many as there are at once
    found = Counter(order[capacity : capacity + callers * (each - 1)])
    assert not found or max(found.values()) - min(found[name] for name in names) <= 1 + capacity


def test_turn_that_is_given_up_before_or_after_it_came_is_free_again() -> None:
    async def play() -> list[str]:
        turns, had = Turns(lambda _: 1), []

        async def query(name: str) -> None:
            async with turns.turn("circuit", "caller"):
                had.append(name)
                if name == "holds":
                    await asyncio.Event().wait()

        holding, waiting, last = (asyncio.create_task(query(name)) for name in ("holds", "waits", "last"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        holding.cancel()
        await last
        await asyncio.gather(holding, waiting, return_exceptions=True)
        # granted and cancelled before it runs
        async with turns.turn("circuit", "caller"):
            late = asyncio.create_task(query("late"))
            await asyncio.sleep(0)
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
        await query("after")
        return had

    assert asyncio.run(asyncio.wait_for(play(), 10)) == ["holds", "last", "after"]


def test_turn_of_another_circuit_waits_for_nobody() -> None:
    async def play() -> None:
        turns = Turns(lambda _: 0)
        async with turns.turn("slow", "caller"), turns.turn("other", "caller"):
            pass

    asyncio.run(asyncio.wait_for(play(), 10))
