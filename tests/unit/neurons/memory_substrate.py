"""A chain in memory behind the SDK's own seam: what it holds is given, what is submitted is only written down."""

from __future__ import annotations

from typing import Any

from bittensor.balance import Balance
from bittensor.result import ExtrinsicResult


class MemorySubstrate:
    """Answers with ``items`` and ``graph``; each submission ends as ``outcomes`` say, in order.

    Args:
        items: storage by (item, parameters after the subnet).
        graph: the metagraph as the runtime gives it; None for no such subnet.
    """

    def __init__(self, items: dict[tuple[Any, ...], Any], graph: dict[str, Any] | None) -> None:
        self.items, self.graph = items, graph
        self.token_symbols: dict[int, str] = {}
        self.outcomes: list[ExtrinsicResult | Exception] = []
        self.submitted: list[tuple[str, dict[str, Any]]] = []
        self.head = 1000
        self.graphs_read = 0
        self.connections = 0
        self.read_at: set[str | None] = set()
        self.failure: Exception | None = None

    def balance(self, rao: int, netuid: int = 0) -> Balance:
        return Balance.from_rao(rao, netuid)

    async def connect(self) -> None:
        self.connections += 1

    async def close(self) -> None:
        self.connections -= 1

    async def block_number(self) -> int:
        return self.head

    async def block_hash(self, block: int | None = None) -> str:
        return f"0x{block or self.head:064x}"

    async def block_time(self) -> float:
        return 12.0

    async def query(self, _pallet: str, item: str, parameters: list[Any], block_hash: str | None = None) -> Any:
        self.read_at.add(block_hash)
        return self.items.get((item, *parameters[1:]))

    async def query_batch(
        self, _pallet: str, item: str, parameters: list[list[Any]], block_hash: str | None = None
    ) -> list[Any]:
        hotkeys = dict(enumerate(self.graph["hotkeys"])) if self.graph and item == "Keys" else {}
        return [hotkeys.get(uid) for _, uid in parameters]

    async def query_map(self, *_: Any, **__: Any) -> list[tuple[Any, Any]]:
        return []

    async def runtime_call(self, *_: Any, block_hash: str | None = None) -> Any:
        self.read_at.add(block_hash)
        self.graphs_read += 1
        if self.failure is not None:
            raise self.failure
        return self.graph

    async def compose(self, call: Any) -> Any:
        return call

    async def estimate_fee(self, _call: Any, _keypair: Any) -> Balance:
        return Balance.from_rao(1000)

    async def submit(self, call: Any, _keypair: Any, **_: Any) -> ExtrinsicResult:
        self.submitted.append((call[1], call[2]))
        outcome = self.outcomes.pop(0) if self.outcomes else ExtrinsicResult(success=True)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def graph_of(*neurons: dict[str, Any]) -> dict[str, Any]:
    """A metagraph with a column for each field that is given."""
    columns: dict[str, Any] = {name: [neuron[name] for neuron in neurons] for name in neurons[0]}
    nobody = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"
    head = {"block": 1000, "tempo": 360, "last_step": 900, "blocks_since_last_step": 100, "netuid": 2}
    owner = {"owner_hotkey": nobody, "owner_coldkey": nobody, "network_registered_at": 1, "num_uids": len(neurons)}
    return {**head, **owner, **columns, "coldkeys": [nobody] * len(neurons)}
