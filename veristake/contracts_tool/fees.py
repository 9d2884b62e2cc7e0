"""What a transaction pays for gas, and no more than the operator allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from statements.errors import ChainError

if TYPE_CHECKING:
    from web3 import Web3

GWEI = 10**9
_REPLACEMENT_PERCENT = 115
"""Nodes take a replacement that pays a tenth more (go-ethereum's price bump); a little above."""


@dataclass(frozen=True)
class Fees:
    """EIP-1559 fees, wei per gas.

    Attributes:
        maximum: most that is paid in all.
        priority: part of it that goes to the block's proposer.
    """

    maximum: int
    priority: int


def choose_fees(base_fee: int, priority: int, cap: int | None, replaced: Fees | None = None) -> Fees:
    """Twice the base fee, so that six full blocks can pass, and the node's suggested priority fee.

    Args:
        base_fee: of the latest block, wei per gas.
        priority: suggested by the node, wei per gas.
        cap: most that may be paid, wei per gas; None for no limit.
        replaced: what the transaction pays that is to be replaced.

    Raises:
        ChainError: gas costs more than ``cap``.
    """
    if replaced is not None:
        priority = max(priority, _raised(replaced.priority))
    needed = base_fee + priority
    if replaced is not None:
        needed = max(needed, _raised(replaced.maximum))
    if cap is not None and needed > cap:
        raise ChainError(
            f"gas costs {needed / GWEI:.2f} gwei, the plan allows {cap / GWEI:.2f}",
            remedy="Run the same command again when it is cheaper: it goes on where it stopped",
        )
    maximum = max(2 * base_fee + priority, needed)
    return Fees(maximum=maximum if cap is None else min(maximum, cap), priority=priority)


def _raised(fee: int) -> int:
    return fee * _REPLACEMENT_PERCENT // 100 + 1


def current_fees(web3: Web3, cap: int | None, replaced: Fees | None = None) -> Fees:
    """Fees for the next block.

    Raises:
        ChainError: gas costs more than ``cap``.
    """
    base_fee = web3.eth.get_block("latest").get("baseFeePerGas", 0)
    return choose_fees(int(base_fee), int(web3.eth.max_priority_fee), cap, replaced)
