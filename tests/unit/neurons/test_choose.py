from __future__ import annotations

import asyncio
from typing import Any

from neurons.messages import Capabilities
from neurons.network import Neuron, Role
from neurons.validator.choose import Candidate, choose_miner
from neurons.validator.desk import MinerDesk


def candidate(hotkey: str, **fields: int) -> Candidate:
    return Candidate(**({"hotkey": hotkey, "endpoint": "http://x", "workers": 1, "in_flight": 0, "asked": 0} | fields))


def surveyed(*hotkeys: str, workers: int = 1) -> Any:
    capabilities = Capabilities(circuits=(), workers=workers, queue_limit=0, queue_length=0)
    return {
        hotkey: (Neuron(uid=uid, hotkey=hotkey, role=Role.MINER, endpoint="http://x"), capabilities)
        for uid, hotkey in enumerate(hotkeys)
    }


def test_choose_miner_none_free_gives_none() -> None:
    assert choose_miner([], ()) is None
    assert choose_miner([candidate("a", in_flight=1)], ()) is None
    assert choose_miner([candidate("a")], {"a"}) is None


def test_choose_miner_least_occupied_comes_first() -> None:
    busy, idle = candidate("a", workers=4, in_flight=1), candidate("b", workers=4, asked=9)
    assert choose_miner([busy, idle], ()) == idle


def test_choose_miner_equally_free_take_turns() -> None:
    assert choose_miner([candidate("a", asked=2), candidate("b", asked=1)], ()) == candidate("b", asked=1)


def test_take_miner_busy_waits_until_it_is_given_back() -> None:
    async def go() -> list[str]:
        desk, order = MinerDesk(surveyed("a"), {}), []

        async def use(name: str) -> None:
            miner = await desk.take(())
            assert miner is not None
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")
            await desk.give_back(miner)

        await asyncio.gather(use("first"), use("second"))
        return order

    assert asyncio.run(go()) == ["first begins", "first ends", "second begins", "second ends"]


def test_take_all_tried_or_nobody_there_gives_none() -> None:
    async def go(hotkeys: tuple[str, ...], tried: set[str]) -> Candidate | None:
        return await MinerDesk(surveyed(*hotkeys), {}).take(tried)

    assert asyncio.run(go((), set())) is None
    assert asyncio.run(go(("a", "b"), {"a", "b"})) is None


def test_take_several_workers_serve_at_the_same_time() -> None:
    async def go() -> list[Candidate | None]:
        desk = MinerDesk(surveyed("a", workers=2), asked := {})
        taken = [await desk.take(()), await desk.take(())]
        assert asked == {"a": 2}
        return taken

    assert [miner.hotkey for miner in asyncio.run(go()) if miner] == ["a", "a"]
