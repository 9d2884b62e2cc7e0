"""Reads event logs in pieces, follows reorganisations, and can be killed at any moment.

A piece is a range of blocks read from one node, which must know the last of them by the same hash before and after: a
node that lags would otherwise answer that there is nothing. When the nodes refuse a range, half of it is asked for;
after a success the range grows again. What was read is stored together with the hash of the last block. Before each
piece that hash is looked up, and when the chain has another block there, everything after the last common checkpoint is
forgotten and read again. While no node has a block of that height at all, they lag, which is an error to try again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from eth_typing import ChecksumAddress
from web3 import Web3
from web3.types import BlockIdentifier, FilterParams, LogReceipt

from staking_model.observations.endpoints import Endpoints, LaggingNodeError, RefusedError
from staking_model.observations.log_store import ChainLog, Checkpoint, LogStore
from statements.errors import ChainError

LARGEST_RANGE: Final = 50_000
FIRST_RANGE: Final = 2_000


@dataclass
class LogReader:
    """Keeps a store up to date.

    Attributes:
        endpoints: nodes of the chain.
        store: what has been read.
        addresses: contracts whose logs are read.
        first_block: from which they are read.
        confirmations: blocks below the newest that count as settled; None reads up to the chain's ``finalized`` block.
        blocks: size of the next range; follows what nodes allow.
    """

    endpoints: Endpoints
    store: LogStore
    addresses: tuple[ChecksumAddress, ...]
    first_block: int
    confirmations: int | None
    blocks: int = FIRST_RANGE

    def sync(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Read everything that is settled and not read yet.

        Args:
            progress: told the last block read and the last to read.

        Returns:
            The last settled block, -1 when there is none yet.

        Raises:
            ChainError: no node answers, or they refuse even a single block.
        """
        target = self._settled()
        while True:
            self._follow_reorganisation()
            newest = self.store.newest()
            first = self.first_block if newest is None else newest.block + 1
            if first > target:
                return target
            last = min(first + self.blocks - 1, target)
            try:
                what = f"logs of blocks {first} to {last}"
                logs, checkpoint = self.endpoints.read(what, partial(self._piece, first=first, last=last))
            except RefusedError:
                if first == last:
                    raise
                self.blocks = max(1, (last - first + 1) // 2)
                continue
            self.store.append(logs, checkpoint)
            self.blocks = min(LARGEST_RANGE, self.blocks * 2)
            if progress is not None:
                progress(last, target)

    def _settled(self) -> int:
        def number(web3: Web3) -> int:
            which: BlockIdentifier = "finalized" if self.confirmations is None else "latest"
            return int(web3.eth.get_block(which)["number"])

        newest = self.endpoints.read("the settled block", number)
        return newest if self.confirmations is None else newest - self.confirmations

    def _follow_reorganisation(self) -> None:
        """Forget what the chain no longer has."""
        newest = self.store.newest()
        if newest is None or self._holds(newest):
            return
        common = next((checkpoint for checkpoint in self.store.checkpoints() if self._holds(checkpoint)), None)
        self.store.rewind(common)

    def _holds(self, checkpoint: Checkpoint) -> bool:
        def same(web3: Web3) -> bool:
            return _hash_of(web3, checkpoint.block) == checkpoint.hash

        return self.endpoints.read(f"block {checkpoint.block}", same)

    def _piece(self, web3: Web3, first: int, last: int) -> tuple[list[ChainLog], Checkpoint]:
        digest = _hash_of(web3, last)
        wanted: FilterParams = {"fromBlock": first, "toBlock": last, "address": list(self.addresses)}
        found = web3.eth.get_logs(wanted)
        times: dict[int, int] = {}
        logs = [_log(web3, entry, times) for entry in found]
        if any(not first <= log.block <= last for log in logs) or _hash_of(web3, last) != digest:
            raise LaggingNodeError(f"the node changed its mind about blocks {first} to {last}")
        return logs, Checkpoint(last, digest)


def _log(web3: Web3, entry: LogReceipt, times: dict[int, int]) -> ChainLog:
    block = int(entry["blockNumber"])
    if block not in times:
        found = web3.eth.get_block(block)
        if found["hash"] != entry["blockHash"]:
            raise LaggingNodeError(f"the node changed its mind about block {block}")
        times[block] = int(found["timestamp"])
    return ChainLog(
        block=block,
        position=int(entry["logIndex"]),
        time=times[block],
        address=entry["address"].lower(),
        topics=tuple(topic.to_0x_hex() for topic in entry["topics"]),
        data=bytes(entry["data"]),
    )


def _hash_of(web3: Web3, block: int) -> str:
    found: Any = web3.eth.get_block(block)
    digest = found.get("hash")
    if digest is None:
        raise ChainError(f"block {block} has no hash", remedy="Read settled blocks only")
    return str(digest.to_0x_hex())
