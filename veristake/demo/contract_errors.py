"""Names of the contracts' errors, decoded from revert data."""

from __future__ import annotations

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from statements.abi import load_abi

_CONTRACTS = ("AssetObserver", "AttestedInputs", "RiskFeed", "VerifierRegistry")


def _table() -> dict[bytes, tuple[str, list[str]]]:
    table = {}
    for contract in _CONTRACTS:
        for entry in load_abi(contract):
            if entry["type"] == "error":
                types = [parameter["type"] for parameter in entry["inputs"]]
                selector = keccak(text=f"{entry['name']}({','.join(types)})")[:4]
                table[selector] = (entry["name"], types)
    return table


def describe_revert(data: str) -> str:
    """Error name with its arguments, such as ``EpochNotNewer(5, 6)``; the raw data when it is none of ours.

    Args:
        data: revert data, 0x-hex.
    """
    raw = bytes.fromhex(data.removeprefix("0x"))
    known = _table().get(raw[:4])
    if known is None:
        return data or "(empty)"
    name, types = known
    arguments = ", ".join(f"0x{x.hex()}" if isinstance(x, bytes) else str(x) for x in decode(types, raw[4:]))
    return f"{name}({arguments})"
