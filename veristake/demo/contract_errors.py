"""The contracts' errors by name, decoded from revert data."""

from __future__ import annotations

from functools import cache

from statements.abi import load_abi
from statements.abi.calldata import ErrorCatalogue

_CONTRACTS = ("AssetObserver", "AttestedInputs", "RiskFeed", "VerifierRegistry")


@cache
def _catalogue() -> ErrorCatalogue:
    return ErrorCatalogue(load_abi(contract) for contract in _CONTRACTS)


def describe_revert(data: str) -> str:
    """Error name with its arguments, such as ``EpochNotNewer(epoch=5, latestEpoch=6)``; else the data as it is.

    Args:
        data: revert data, 0x-hex.
    """
    raw = bytes.fromhex(data.removeprefix("0x"))
    return _catalogue().describe(raw) if _catalogue().name_of(raw) else data or "(empty)"
