"""Interfaces of the project's contracts, so that a role can talk to them without a Solidity compiler."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_abi(contract: str) -> list[dict[str, Any]]:
    """ABI of a contract by name.

    Raises:
        FileNotFoundError: no such contract is exported; ``scripts/export_abis.py`` lists those that are.
    """
    abi: list[dict[str, Any]] = json.loads((files(__name__) / f"{contract}.json").read_text("utf-8"))
    return abi
