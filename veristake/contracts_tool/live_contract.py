"""A deployed contract with its exported ABI."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from statements.abi import load_abi

if TYPE_CHECKING:
    from web3 import Web3


@lru_cache(maxsize=128)
def live_contract(web3: Web3, name: str, address: str) -> Any:
    """A contract at an address, whose structs are read by their fields' names; making one takes longer than asking it.

    Args:
        web3: connection to the chain.
        name: of the contract; its ABI is in statements/abi.
        address: where it is.
    """
    return web3.eth.contract(web3.to_checksum_address(address), abi=load_abi(name), decode_tuples=True)
