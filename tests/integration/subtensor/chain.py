"""Storage and blocks of the double: each submitted extrinsic makes a block, and nothing else does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from tests.integration.subtensor.runtime import SUBTENSOR, Runtime


@dataclass(frozen=True)
class Block:
    """A block and the storage after it."""

    number: int
    hash: str
    parent: str
    extrinsics: tuple[str, ...]
    storage: dict[bytes, bytes]

    @property
    def header(self) -> dict[str, Any]:
        nothing = "0x" + "00" * 32
        return {
            "parentHash": self.parent,
            "number": hex(self.number),
            "stateRoot": nothing,
            "extrinsicsRoot": nothing,
            "digest": {"logs": []},
        }


@dataclass
class Chain:
    """The whole state of the double."""

    runtime: Runtime
    storage: dict[bytes, bytes] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    nonces: dict[str, int] = field(default_factory=dict)
    stakes: dict[str, int] = field(default_factory=dict)
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self.blocks.append(Block(0, self.runtime.recorded.genesis, "0x" + "00" * 32, (), {}))
        self.mine()

    @property
    def head(self) -> Block:
        return self.blocks[-1]

    def block(self, block_hash: str | None) -> Block | None:
        """A block by hash; the newest for None."""
        if block_hash is None:
            return self.head
        return next((block for block in self.blocks if block.hash == block_hash), None)

    def storage_at(self, block_hash: str | None) -> dict[bytes, bytes]:
        """Storage after a block; of the newest, with what a test has put there since."""
        block = self.block(block_hash)
        return self.storage if block is None or block is self.head else block.storage

    def put(self, item: str, parameters: list[Any], value: Any, *, pallet: str = SUBTENSOR) -> None:
        """Store a value."""
        self.storage[self.runtime.key(pallet, item, parameters)] = self.runtime.encode(pallet, item, value)

    def get(self, item: str, parameters: list[Any], *, pallet: str = SUBTENSOR) -> Any:
        """A stored value, or the runtime's default."""
        return self.runtime.decode(pallet, item, self.storage.get(self.runtime.key(pallet, item, parameters)))

    def uid(self, netuid: int, hotkey: str) -> int | None:
        """Number of a hotkey in a subnet."""
        uid: int | None = self.get("Uids", [netuid, hotkey])
        return uid if self.runtime.key(SUBTENSOR, "Uids", [netuid, hotkey]) in self.storage else None

    def replace_in(self, item: str, netuid: int, uid: int, value: Any) -> None:
        """Change a subnet's list in one place."""
        values = list(self.get(item, [netuid]))
        values[uid] = value
        self.put(item, [netuid], values)

    def mine(self, extrinsic: bytes | None = None, event: dict[str, Any] | None = None) -> Block:
        """Add a block with one extrinsic and what became of it, or an empty one."""
        number = self.head.number + 1
        self.put("Number", [], number, pallet="System")
        self.put("Now", [], int(self.clock() * 1000), pallet="Timestamp")
        records = [] if event is None else [{"phase": {"ApplyExtrinsic": 0}, "event": event, "topics": []}]
        self.put("Events", [], records, pallet="System")
        extrinsics = () if extrinsic is None else ("0x" + extrinsic.hex(),)
        content = f"{number} {self.head.hash} {extrinsics}".encode()
        block_hash = "0x" + blake2b(content, digest_size=32).hexdigest()
        self.blocks.append(Block(number, block_hash, self.head.hash, extrinsics, dict(self.storage)))
        return self.head
