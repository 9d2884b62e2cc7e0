"""What the relayer reads of a chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from relayer.classify import SendAnswer
from relayer.finality import BlockReference


@dataclass(frozen=True)
class Block:
    """What the relayer reads of a block.

    Attributes:
        reference: number and hash.
        timestamp: Unix time, seconds.
        base_fee: wei per gas, None on a chain without EIP-1559.
        gas_limit: of the block.
    """

    reference: BlockReference
    timestamp: int
    base_fee: int | None
    gas_limit: int


@dataclass(frozen=True)
class Receipt:
    """What a transaction did.

    Attributes:
        block: the block that holds it.
        succeeded: it was not reverted.
        gas_used: units of gas.
        effective_gas_price: wei per gas.
        data_fee: for its data on the chain below, wei; None when the chain does not say.
    """

    block: BlockReference
    succeeded: bool
    gas_used: int
    effective_gas_price: int
    data_fee: int | None = None


@dataclass(frozen=True)
class SendResult:
    """What one endpoint said to a raw transaction.

    Attributes:
        endpoint: host and port.
        answer: what its words mean.
        detail: its words.
    """

    endpoint: str
    answer: SendAnswer
    detail: str


def parse_block(found: dict[str, Any]) -> Block:
    """A block as JSON-RPC has it."""
    base_fee = found.get("baseFeePerGas")
    return Block(
        reference=BlockReference(int(found["number"], 16), found["hash"]),
        timestamp=int(found["timestamp"], 16),
        base_fee=None if base_fee is None else int(base_fee, 16),
        gas_limit=int(found["gasLimit"], 16),
    )


def parse_receipt(found: dict[str, Any] | None) -> Receipt | None:
    """A receipt as JSON-RPC has it; None also for one without a block, which some nodes give for the mempool."""
    if found is None or found.get("blockNumber") is None:
        return None
    return Receipt(
        block=BlockReference(int(found["blockNumber"], 16), found["blockHash"]),
        succeeded=int(found["status"], 16) == 1,
        gas_used=int(found["gasUsed"], 16),
        effective_gas_price=int(found.get("effectiveGasPrice") or "0x0", 16),
        # OP-stack chains put it into their receipts
        data_fee=None if found.get("l1Fee") is None else int(found["l1Fee"], 16),
    )
