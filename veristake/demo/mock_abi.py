"""What the demo calls on the mocks; they exist on local chains only and have no exported ABI."""

from __future__ import annotations

from typing import Any, Final

_ARGUMENTS = {
    "mint": {"recipient": "address", "amount": "uint256"},
    "burn": {"holder": "address", "amount": "uint256"},
    "approve": {"spender": "address", "amount": "uint256"},
    "transfer": {"recipient": "address", "amount": "uint256"},
    "setRate": {"rate": "uint256"},
    "setAnswer": {"answer": "int256", "updatedAt": "uint256"},
}

MOCK_ABI: Final[list[dict[str, Any]]] = [
    {
        "type": "function",
        "name": name,
        "stateMutability": "nonpayable",
        "inputs": [{"name": argument, "type": kind} for argument, kind in arguments.items()],
        "outputs": [],
    }
    for name, arguments in _ARGUMENTS.items()
]
