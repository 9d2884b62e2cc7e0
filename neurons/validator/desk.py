"""Where the validator's requests find a free miner, and where they wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from neurons.messages import Capabilities
from neurons.network import Neuron
from neurons.validator.choose import Candidate, choose_miner


class MinerDesk:
    """Hands out miners, never more requests to one than it has workers.

    Args:
        surveyed: miners that hold the circuit, with what they said they can do.
        asked: requests each miner has had, by hotkey; counted on here.
    """

    def __init__(self, surveyed: Mapping[str, tuple[Neuron, Capabilities]], asked: dict[str, int]) -> None:
        self._surveyed = surveyed
        self._asked = asked
        self._in_flight = dict.fromkeys(surveyed, 0)
        self._changed = asyncio.Condition()

    async def take(self, tried: Collection[str]) -> Candidate | None:
        """The miner to ask now, waiting until one is free; None when every miner has been tried."""
        async with self._changed:
            while any(hotkey not in tried for hotkey in self._surveyed):
                chosen = choose_miner(self._candidates(), tried)
                if chosen is not None:
                    self._in_flight[chosen.hotkey] += 1
                    self._asked[chosen.hotkey] = self._asked.get(chosen.hotkey, 0) + 1
                    return chosen
                await self._changed.wait()
        return None

    async def give_back(self, miner: Candidate) -> None:
        """The miner has answered, or will not."""
        async with self._changed:
            self._in_flight[miner.hotkey] -= 1
            self._changed.notify_all()

    def _candidates(self) -> list[Candidate]:
        return [
            Candidate(
                hotkey=hotkey,
                endpoint=neuron.endpoint or "",
                workers=capabilities.workers,
                in_flight=self._in_flight[hotkey],
                asked=self._asked.get(hotkey, 0),
            )
            for hotkey, (neuron, capabilities) in self._surveyed.items()
        ]
